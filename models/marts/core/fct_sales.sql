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

products as (

    select * from {{ ref('dim_product') }}

),

keyed_lines as (

    select
        {{ cheapest_key() }} as sales_key,
        order_items.order_item_id,
        order_items.order_id,
        orders.customer_key,
        coalesce(products.product_key, -1) as product_key,
        orders.time_key,
        order_items.quantity as quantity_sold,
        order_items.price_per_item,
        order_items.line_item_total,
        order_items.line_type,
        order_items.discount_amount,
        case
            when {{ is_amount('order_items.quantity', 'products.unit_cost') }}
                then {{ to_money('order_items.quantity * products.unit_cost') }}
        end as cost_amount

    from order_items
    inner join orders on order_items.order_id = orders.order_id
    left join products on order_items.product_id = products.product_id

),

with_margins as (

    select
        *,
        {{ to_money('line_item_total - cost_amount') }} as margin_amount

    from keyed_lines

)

select * from with_margins
