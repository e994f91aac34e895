with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

buyers as (

    select
        buyers.customer_key,
        buyers.first_order_date,
        {{ days_between('buyers.first_order_date', 'as_of.as_of_date') }} as age

    from {{ ref('int_buyers') }} as buyers
    cross join as_of

),

from_the_orders as (

    {% for days in [30, 60, 90, 180, 365] -%}
    select
        {{ days }} as days_since_first_order,
        count(distinct buyers.customer_key) as customers,
        count(orders.customer_order_number) as orders,
        count(
            distinct case
                when orders.customer_order_number > 1 then buyers.customer_key
            end
        ) as returning_customers,
        {{ sum_money('orders.net_sales') }} as net_sales

    from buyers
    inner join {{ ref('fct_orders') }} as orders
        on buyers.customer_key = orders.customer_key
    inner join {{ ref('dim_time') }} as calendar
        on orders.time_key = calendar.time_key
    where
        buyers.age >= {{ days }}
        and calendar.date >= buyers.first_order_date
        and calendar.date <= {{ add_days('buyers.first_order_date', days) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

expected as (

    select * from from_the_orders
    where customers > 0

),

kinds as (

    select
        origin_kind,
        days_since_first_order,
        sum(customers) as customers,
        sum(orders) as orders,
        sum(returning_customers) as returning_customers,
        {{ sum_money('net_sales') }} as net_sales

    from {{ ref('rpt_cohort_values') }}
    group by origin_kind, days_since_first_order

),

-- every kind of origin divides the same buyers
counted_kinds as (

    select
        kinds.days_since_first_order,
        kinds.customers,
        kinds.orders,
        kinds.returning_customers,
        kinds.net_sales,
        count(*) as kinds

    from kinds
    group by
        kinds.days_since_first_order,
        kinds.customers,
        kinds.orders,
        kinds.returning_customers,
        kinds.net_sales

),

expected_kinds as (

    select
        *,
        4 as kinds

    from expected

)

{{ rows_that_differ('expected_kinds', 'counted_kinds') }}
