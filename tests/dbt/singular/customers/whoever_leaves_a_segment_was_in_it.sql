with

history as (

    select
        month_end,
        segment_name,
        count(*) as customers

    from {{ ref('rpt_customer_rfm_history') }}
    group by month_end, segment_name

),

last_month as (

    select max(month_end) as month_end from history

),

were_in_a_segment as (

    select
        {{ year_month(add_days('history.month_end', 1)) }} as month,
        history.segment_name,
        history.customers

    from history
    inner join last_month on history.month_end < last_month.month_end

),

left_a_segment as (

    select
        month,
        from_segment as segment_name,
        sum(customers) as customers

    from {{ ref('rpt_segment_migration') }}
    where from_segment != '(new)'
    group by month, from_segment

)

{{ rows_that_differ('were_in_a_segment', 'left_a_segment') }}
