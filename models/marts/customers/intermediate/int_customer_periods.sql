{{ config(post_hook="{{ index_on([['customer_key']]) }}") }}

with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_key != -1

),

days as (

    select * from {{ ref('int_calendar_periods') }}

),

summed as (

    select
        days.grain,
        orders.customer_key,
        days.period_number,
        count(case when orders.has_sale then 1 end) as orders,
        {{ sum_money('orders.net_sales') }} as net_sales,
        {{ sum_money('orders.net_sales_with_cost') }} as net_sales_with_cost,
        {{ sum_money('orders.cost') }} as cost,
        {{ sum_money('orders.margin') }} as margin

    from orders
    inner join days on orders.time_key = days.time_key
    group by days.grain, orders.customer_key, days.period_number

)

select * from summed
