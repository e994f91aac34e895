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

counted as (

    select
        strata.stratum,
        basket_items.product_key,
        cast(count(*) as bigint) as orders,
        sum(strata.distinct_products - 1) as partners

    from strata
    inner join basket_items on strata.basket_number = basket_items.basket_number
    group by strata.stratum, basket_items.product_key

),

-- ordered pairs of the stratum, over those of any two places in its baskets
rated as (

    select
        product_key,
        stratum,
        orders,
        {{ ratio(
            'sum(partners) over (partition by stratum)',
            'sum(orders) over (partition by stratum)'
            ~ ' * sum(orders) over (partition by stratum)'
            ~ ' - sum(orders * orders) over (partition by stratum)'
        ) }} as pair_rate

    from counted

)

select * from rated
