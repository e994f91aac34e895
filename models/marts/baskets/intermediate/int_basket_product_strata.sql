{{ config(post_hook="{{ index_on([['product_key', 'stratum']]) }}") }}

with

basket_items as (

    select * from {{ ref('int_basket_items') }}

),

baskets as (

    select * from {{ ref('int_baskets') }}
    where
        not is_over_cap
        and distinct_products >= 2

),

-- size by size while baskets are small, then each stratum half as large again or less
strata as (

    select
        basket_number,
        distinct_products,
        case
            when distinct_products <= 8 then distinct_products
            {% for smallest in [9, 12, 16, 23, 32, 46, 64, 91, 128, 182, 257, 363] -%}
            when distinct_products < {{ smallest }} then {{ loop.index + 7 }}
            {% endfor -%}
            else 20
        end as stratum

    from baskets

),

sized as (

    select
        stratum,
        sum(distinct_products) as places,
        sum(distinct_products * (distinct_products - 1)) as ordered_pairs

    from strata
    group by stratum

),

counted as (

    select
        strata.stratum,
        basket_items.product_key,
        count(*) as orders

    from strata
    inner join basket_items on strata.basket_number = basket_items.basket_number
    group by strata.stratum, basket_items.product_key

),

squared as (

    select
        stratum,
        sum(orders * orders) as squared_orders

    from counted
    group by stratum

),

rated as (

    select
        counted.product_key,
        counted.stratum,
        cast(counted.orders as bigint) as orders,
        {{ ratio(
            'sized.ordered_pairs',
            'sized.places * sized.places - squared.squared_orders'
        ) }} as pair_rate

    from counted
    inner join sized on counted.stratum = sized.stratum
    inner join squared on counted.stratum = squared.stratum

)

select * from rated
