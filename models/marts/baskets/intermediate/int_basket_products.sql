{{ config(post_hook="{{ index_on([['product_key']]) }}") }}

with

basket_items as (

    select * from {{ ref('int_basket_items') }}

),

baskets as (

    select * from {{ ref('int_baskets') }}

),

thresholds as (

    select * from {{ ref('int_basket_thresholds') }}

),

counted as (

    select
        basket_items.product_key,
        count(*) as orders

    from basket_items
    inner join baskets on basket_items.basket_number = baskets.basket_number
    where not baskets.is_over_cap
    group by basket_items.product_key

),

-- a pair cannot be in more baskets than either of its products
frequent as (

    select
        counted.product_key,
        cast(counted.orders as bigint) as orders

    from counted
    cross join thresholds
    where counted.orders >= thresholds.min_pair_orders

)

select * from frequent
