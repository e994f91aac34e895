{#- five baskets: product 9 is alone in two, and pairs with -3 are below the minimum -#}
{%- set baskets = {1: [5, 7, 9], 2: [7, 5], 3: [9], 4: [5, 9, 7, -3], 5: [9]} -%}
with

items as (

    {% for basket, products in baskets.items() -%}
    {%- set is_last_basket = loop.last -%}
    {%- for product in products -%}
    select {{ basket }} as basket_number, {{ product }} as product_key
    {{ 'union all' if not (loop.last and is_last_basket) }}
    {% endfor -%}
    {% endfor %}

),

products as (

    select distinct product_key from items

),

pairs as (

    {{ counted_pairs('items', 'products', 2) }}

),

expected as (

    select 5 as product1_key, 7 as product2_key, 3 as pair_orders
    union all
    select 5 as product1_key, 9 as product2_key, 2 as pair_orders
    union all
    select 7 as product1_key, 9 as product2_key, 2 as pair_orders

)

{{ rows_that_differ('expected', 'pairs') }}
