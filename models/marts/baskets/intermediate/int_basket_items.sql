{{ config(post_hook="{{ index_on([['basket_number', 'product_key']]) }}") }}

with

sales as (

    select * from {{ ref('fct_sales') }}
    where
        line_type = 'sale'
        and product_key != -1

),

orders as (

    select * from {{ ref('int_orders') }}

),

distinct_items as (

    select distinct
        orders.order_number as basket_number,
        sales.product_key

    from sales
    inner join orders on sales.order_id = orders.order_id

)

select * from distinct_items
