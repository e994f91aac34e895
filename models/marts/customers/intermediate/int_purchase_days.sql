{{ config(post_hook="{{ index_on([['customer_key']]) }}") }}

with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_key != -1

),

purchases as (

    select
        customer_key,
        {{ date_of_time_key('time_key') }} as purchase_date,
        cast(row_number() over (
            partition by customer_key
            order by time_key
        ) as integer) as purchase_number,
        cast(count(case when has_sale then 1 end) as integer) as orders,
        {{ sum_money('net_sales') }} as net_sales

    from orders
    group by customer_key, time_key
    having count(case when has_sale then 1 end) > 0

)

select * from purchases
