{{ config(post_hook="{{ index_on([['order_id']]) }}") }}

with

orders as (

    select * from {{ ref('stg_orders') }}

),

customer_keys as (

    select * from {{ ref('int_customer_keys') }}

),

keyed as (

    select
        {{ any_row_number() }} as order_number,
        orders.order_id,
        coalesce(customer_keys.customer_key, -1) as customer_key,
        {{ time_key('orders.order_date') }} as time_key,
        orders.ordered_at,
        orders.shipping,
        orders.tax

    from orders
    left join customer_keys on orders.customer_id = customer_keys.customer_id

)

select * from keyed
