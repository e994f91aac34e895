{{ config(post_hook="{{ index_on([['customer_key']]) }}") }}

{%- set by_month = 'partition by customer_key order by month_start' -%}
{%- set to_date = by_month ~ ' rows between unbounded preceding and current row' -%}

with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_key != -1

),

calendar as (

    select * from {{ ref('dim_time') }}

),

summed as (

    select
        orders.customer_key,
        {{ sum_amounts('orders') }},
        count(case when orders.has_sale then 1 end) as orders,
        calendar.month_start,
        min(case when orders.has_sale then calendar.date end) as first_order_date,
        max(case when orders.has_sale then calendar.date end) as last_order_date

    from orders
    inner join calendar on orders.time_key = calendar.time_key
    group by orders.customer_key, calendar.month_start

),

accumulated as (

    select
        *,
        {{ sum_money('net_sales', 'over (' ~ to_date ~ ')') }} as net_sales_to_date,
        sum(orders) over ({{ to_date }}) as orders_to_date,
        max(last_order_date) over (
            {{ by_month }} rows between unbounded preceding and 1 preceding
        ) as previous_order_date,
        lead(month_start) over ({{ by_month }}) as next_month_start

    from summed

)

select * from accumulated
