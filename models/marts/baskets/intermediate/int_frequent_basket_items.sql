{{
    config(post_hook="{{ index_on([
        ['product_key', 'basket_number'],
        ['basket_number', 'product_key'],
    ]) }}")
}}

with

basket_items as (

    select * from {{ ref('int_basket_items') }}

),

baskets as (

    select * from {{ ref('int_baskets') }}

),

frequent_products as (

    select * from {{ ref('int_basket_products') }}

),

frequent_items as (

    select
        basket_items.basket_number,
        basket_items.product_key

    from basket_items
    inner join baskets on basket_items.basket_number = baskets.basket_number
    inner join frequent_products
        on basket_items.product_key = frequent_products.product_key
    where not baskets.is_over_cap

)

select * from frequent_items
