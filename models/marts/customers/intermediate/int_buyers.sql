{{ config(post_hook="{{ index_on([['customer_key']]) }}") }}

with

customer_months as (

    select * from {{ ref('int_customer_months') }}

),

totals as (

    select
        customer_key,
        min(first_order_date) as first_order_date,
        max(last_order_date) as last_order_date,
        cast(sum(orders) as integer) as total_orders,
        {{ sum_money('net_sales') }} as net_sales

    from customer_months
    group by customer_key

),

buyers as (

    select
        *,
        {{ month_start('first_order_date') }} as first_order_month

    from totals
    where total_orders > 0

)

select * from buyers
