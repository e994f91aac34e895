with

reported as (

    select
        sum(case when outcome = 'accepted' then row_count end) as accepted_rows,
        sum(case when outcome = 'accepted' then amount end) as accepted_amount,
        coalesce(sum(case when outcome = 'excluded from sales' then row_count end), 0)
            as excluded_rows,
        sum(case when outcome = 'excluded from sales' then amount end)
            as excluded_amount

    from {{ ref('rpt_data_quality') }}
    where raw_table = 'raw_order_items'

),

facts as (

    select
        (select count(*) from {{ ref('fct_sales') }}) as row_count,
        {{ sum_money('net_sales') }} as amount

    from {{ ref('fct_orders') }}

)

select
    reported.accepted_rows,
    reported.accepted_amount,
    reported.excluded_rows,
    reported.excluded_amount,
    facts.row_count as fact_rows,
    facts.amount as fact_amount

from reported
cross join facts
where
    reported.accepted_rows is null
    or reported.accepted_rows != reported.excluded_rows + facts.row_count
    or {{ to_money('coalesce(reported.accepted_amount, 0)') }}
    != {{ to_money(
        'coalesce(reported.excluded_amount, 0) + coalesce(facts.amount, 0)'
    ) }}
