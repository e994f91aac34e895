{{
    config(
        alias='FactSales',
        post_hook="{{ index_on([['customer_key'], ['product_key'], ['time_key']]) }}",
    )
}}

with

order_items as (

    select * from {{ ref('stg_order_items') }}
    where line_type in ('sale', 'return', 'refund', 'gift')

),

orders as (

    select * from {{ ref('int_orders') }}

),

product_keys as (

    select * from {{ ref('int_product_keys') }}

),

keyed_lines as (

    select
        {{ cheapest_key() }} as sales_key,
        order_items.order_item_id,
        order_items.order_id,
        orders.customer_key,
        coalesce(product_keys.product_key, -1) as product_key,
        orders.time_key,
        order_items.quantity as quantity_sold,
        order_items.price_per_item,
        order_items.line_item_total,
        order_items.line_type,
        order_items.discount_amount

    from order_items
    inner join orders on order_items.order_id = orders.order_id
    left join product_keys on order_items.product_id = product_keys.product_id

)

select * from keyed_lines
