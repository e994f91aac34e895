with

orders as (

    select
        order_id,
        customer_key,
        time_key,
        customer_order_number,
        has_sale and customer_key != -1 as is_numbered

    from {{ ref('fct_orders') }}

),

wrongly_numbered as (

    select
        order_id,
        customer_key,
        customer_order_number

    from orders
    where is_numbered != (customer_order_number is not null)

),

in_sequence as (

    select
        order_id,
        customer_key,
        time_key,
        customer_order_number,
        lag(customer_order_number, 1, 0) over (
            partition by customer_key order by customer_order_number, order_id
        ) as previous_number,
        lag(time_key, 1, 0) over (
            partition by customer_key order by customer_order_number, order_id
        ) as previous_time_key

    from orders
    where customer_order_number is not null

)

select * from wrongly_numbered

union all

select
    order_id,
    customer_key,
    customer_order_number

from in_sequence
where
    customer_order_number != previous_number + 1
    or time_key < previous_time_key
