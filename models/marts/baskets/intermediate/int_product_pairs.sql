{{ config(post_hook="{{ index_on([['product1_key', 'product2_key']]) }}") }}

{#- rendered, they can be given an alias also where "dbt run --empty" limits a ref -#}
{%- set items = ref('int_frequent_basket_items').render() -%}
{%- set products = ref('int_basket_products').render() -%}
{%- set thresholds = ref('int_basket_thresholds').render() -%}

select
    counted.product1_key,
    counted.product2_key,
    cast(counted.pair_orders as bigint) as pair_orders

from (
    {{ counted_pairs(
        items, products, '(select min_pair_orders from ' ~ thresholds ~ ')'
    ) }}
) as counted
