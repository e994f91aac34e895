with

days as (

    select * from {{ ref('int_calendar_periods') }}

),

members as (

    select
        'first_order' as cohort_basis,
        customer_key,
        first_order_date as joined_on

    from {{ ref('int_buyers') }}

    union all

    select
        'registration' as cohort_basis,
        customer_key,
        registration_date as joined_on

    from {{ ref('dim_customer') }}
    where registration_date is not null

),

member_orders as (

    select
        days.grain as cohort_grain,
        members.cohort_basis,
        joined.period as cohort_period,
        days.period_number - joined.period_number as period_index,
        members.customer_key,
        orders.has_sale,
        orders.net_sales,
        orders.net_sales_with_cost,
        orders.cost,
        orders.margin

    from {{ ref('fct_orders') }} as orders
    inner join members on orders.customer_key = members.customer_key
    inner join days on orders.time_key = days.time_key
    inner join days as joined
        on
            members.joined_on = joined.date
            and days.grain = joined.grain

),

-- what a buyer sent back before the first order is in no first-order cohort
from_the_orders as (

    select
        cohort_grain,
        cohort_basis,
        cohort_period,
        period_index,
        count(distinct case when has_sale then customer_key end) as active_customers,
        {{ sum_money('net_sales') }} as total_spending,
        {{ sum_money('net_sales_with_cost') }} as net_sales_with_cost,
        {{ sum_money('cost') }} as cost,
        {{ sum_money('margin') }} as margin

    from member_orders
    where
        period_index <= 52
        and (cohort_basis = 'registration' or period_index >= 0)
    group by cohort_grain, cohort_basis, cohort_period, period_index

),

expected as (

    select * from from_the_orders
    where
        active_customers > 0
        or total_spending != 0
        or cost is not null

),

reported as (

    select
        cohort_grain,
        cohort_basis,
        cohort_period,
        period_index,
        active_customers,
        total_spending,
        cumulative_spending,
        net_sales_with_cost,
        cost,
        margin,
        cumulative_margin,
        lag(cumulative_spending, 1, {{ to_money('0') }}) over (
            partition by cohort_grain, cohort_basis, cohort_period
            order by period_index
        ) as spending_before,
        lag(cumulative_margin) over (
            partition by cohort_grain, cohort_basis, cohort_period
            order by period_index
        ) as margin_before,
        lag(period_index) over (
            partition by cohort_grain, cohort_basis, cohort_period
            order by period_index
        ) as index_before

    from {{ ref('rpt_customer_cohorts_by_grain') }}

),

cells as (

    select
        cohort_grain,
        cohort_basis,
        cohort_period,
        period_index,
        active_customers,
        total_spending,
        net_sales_with_cost,
        cost,
        margin

    from reported
    where
        active_customers != 0
        or total_spending != 0
        or cost is not null

)

select
    cohort_grain,
    cohort_basis,
    cohort_period,
    period_index

from (
    {{ rows_that_differ('expected', 'cells') }}
) as differing

union all

select
    cohort_grain,
    cohort_basis,
    cohort_period,
    period_index

from reported
where
    cumulative_spending != {{ to_money('spending_before + total_spending') }}
    or cumulative_margin is distinct from
    {{ to_money('coalesce(margin_before + margin, margin, margin_before)') }}
    or (period_index > 0 and index_before != period_index - 1)
