with

history as (

    select * from {{ ref('rpt_customer_rfm_history') }}

),

-- whoever is a buyer at one month's end is one at every later one
moves as (

    select
        month_end,
        segment_name as to_segment,
        monetary_value,
        lag(segment_name) over (partition by customer_key order by month_end)
            as previous_segment,
        lag(monetary_value) over (partition by customer_key order by month_end)
            as previous_monetary_value

    from history

),

summed as (

    select
        {{ year_month('month_end') }} as month,
        coalesce(previous_segment, '(new)') as from_segment,
        to_segment,
        cast(count(*) as bigint) as customers,
        {{ sum_money('monetary_value') }} as monetary_value,
        {{ sum_money('monetary_value - coalesce(previous_monetary_value, 0)') }}
            as monetary_value_change

    from moves
    group by month_end, coalesce(previous_segment, '(new)'), to_segment

)

select * from summed
