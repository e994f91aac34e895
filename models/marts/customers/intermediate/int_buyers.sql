{{ config(post_hook="{{ index_on([['customer_key']]) }}") }}

with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_key != -1

),

calendar as (

    select * from {{ ref('dim_time') }}

),

totals as (

    select
        customer_key,
        min(case when has_sale then time_key end) as first_time_key,
        max(case when has_sale then time_key end) as last_time_key,
        cast(count(case when has_sale then 1 end) as integer) as total_orders,
        {{ sum_money('net_sales') }} as net_sales

    from orders
    group by customer_key

),

buyers as (

    select
        totals.customer_key,
        first_day.date as first_order_date,
        last_day.date as last_order_date,
        first_day.month_start as first_order_month,
        totals.total_orders,
        totals.net_sales

    from totals
    inner join calendar as first_day on totals.first_time_key = first_day.time_key
    inner join calendar as last_day on totals.last_time_key = last_day.time_key

)

select * from buyers
