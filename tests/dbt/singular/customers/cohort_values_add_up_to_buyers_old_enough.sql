{%- set milestones = [30, 60, 90, 180, 365] -%}

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

aged_orders as (

    select
        buyers.customer_key,
        buyers.age,
        orders.customer_order_number,
        orders.net_sales,
        {{ days_between('buyers.first_order_date', 'calendar.date') }} as order_age

    from buyers
    inner join {{ ref('fct_orders') }} as orders
        on buyers.customer_key = orders.customer_key
    inner join {{ ref('dim_time') }} as calendar
        on orders.time_key = calendar.time_key
    where calendar.date >= buyers.first_order_date

),

-- one pass over the orders, whatever the number of milestones
by_buyer as (

    select
        customer_key,
        {% for days in milestones -%}
        {%- set is_within = 'order_age <= ' ~ days -%}
        count(case when {{ is_within }} then customer_order_number end)
            as orders_{{ days }},
        {{ sum_money('case when ' ~ is_within ~ ' then net_sales end') }}
            as net_sales_{{ days }},
        {% endfor -%}
        max(age) as age

    from aged_orders
    group by customer_key

),

from_the_orders as (

    {% for days in milestones -%}
    select
        {{ days }} as days_since_first_order,
        count(*) as customers,
        sum(orders_{{ days }}) as orders,
        count(case when orders_{{ days }} > 1 then 1 end) as returning_customers,
        {{ sum_money('net_sales_' ~ days) }} as net_sales,
        5 as kinds

    from by_buyer
    where age >= {{ days }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

expected_kinds as (

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
        days_since_first_order,
        customers,
        orders,
        returning_customers,
        net_sales,
        count(*) as kinds

    from kinds
    group by days_since_first_order, customers, orders, returning_customers, net_sales

)

{{ rows_that_differ('expected_kinds', 'counted_kinds') }}
