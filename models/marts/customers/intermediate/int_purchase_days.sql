{{ config(post_hook="{{ index_on([['customer_key']]) }}") }}

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
        customer_key,
        time_key,
        cast(count(case when has_sale then 1 end) as integer) as orders,
        {{ sum_money('net_sales') }} as net_sales

    from orders
    group by customer_key, time_key

),

purchases as (

    select
        summed.customer_key,
        calendar.date as purchase_date,
        cast(row_number() over (
            partition by summed.customer_key
            order by summed.time_key
        ) as integer) as purchase_number,
        summed.orders,
        summed.net_sales

    from summed
    inner join calendar on summed.time_key = calendar.time_key
    where summed.orders > 0

)

select * from purchases
