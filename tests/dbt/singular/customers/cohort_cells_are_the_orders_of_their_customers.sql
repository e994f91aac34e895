with

members as (

    select
        'first_order' as cohort_basis,
        customer_key,
        {{ year_month('first_order_month') }} as cohort_month

    from {{ ref('int_buyers') }}

    union all

    select
        'registration' as cohort_basis,
        customer_key,
        {{ year_month('registration_date') }} as cohort_month

    from {{ ref('dim_customer') }}
    where registration_date is not null

),

member_orders as (

    select
        members.cohort_basis,
        members.cohort_month,
        members.customer_key,
        orders.has_sale,
        orders.net_sales,
        orders.net_sales_with_cost,
        orders.cost,
        orders.margin,
        {{ floor_div('orders.time_key', '10000') }} * 12
        + {{ floor_div('orders.time_key', '100') }} % 100 as month_number

    from {{ ref('fct_orders') }} as orders
    inner join members on orders.customer_key = members.customer_key

),

-- what a buyer sent back before the first order is in no first-order cohort
from_the_orders as (

    select
        cohort_basis,
        cohort_month,
        month_number,
        count(distinct case when has_sale then customer_key end) as active_customers,
        {{ sum_money('net_sales') }} as total_spending,
        {{ sum_money('net_sales_with_cost') }} as net_sales_with_cost,
        {{ sum_money('cost') }} as cost,
        {{ sum_money('margin') }} as margin

    from member_orders
    where
        cohort_basis = 'registration'
        or month_number >= {{ month_number('cohort_month') }}
    group by cohort_basis, cohort_month, month_number

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
        cohort_basis,
        cohort_month,
        {{ month_number('cohort_month') }} + month_index as month_number,
        active_customers,
        total_spending,
        cumulative_spending,
        net_sales_with_cost,
        cost,
        margin,
        cumulative_margin,
        lag(cumulative_spending, 1, {{ to_money('0') }}) over (
            partition by cohort_basis, cohort_month order by month_index
        ) as spending_before,
        lag(cumulative_margin) over (
            partition by cohort_basis, cohort_month order by month_index
        ) as margin_before

    from {{ ref('rpt_customer_cohorts') }}

),

cells as (

    select
        cohort_basis,
        cohort_month,
        month_number,
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
    cohort_basis,
    cohort_month,
    month_number

from (
    {{ rows_that_differ('expected', 'cells') }}
) as differing

union all

select
    cohort_basis,
    cohort_month,
    month_number

from reported
where
    cumulative_spending != {{ to_money('spending_before + total_spending') }}
    or cumulative_margin is distinct from
    {{ to_money('coalesce(margin_before + margin, margin, margin_before)') }}
