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

-- a pair cannot be in more baskets than either of its products
frequent as (

    select
        basket_items.product_key,
        cast(count(*) as bigint) as orders

    from basket_items
    inner join baskets on basket_items.basket_number = baskets.basket_number
    where not baskets.is_over_cap
    group by basket_items.product_key
    having count(*) >= (select thresholds.min_pair_orders from thresholds)

)

select * from frequent
