{{ config(post_hook="{{ index_on([['product1_key', 'product2_key']]) }}") }}

select
    counted.product1_key,
    counted.product2_key,
    cast(counted.pair_orders as bigint) as pair_orders

from (
    {{ counted_pairs(
        ref('int_frequent_basket_items'),
        ref('int_basket_products'),
        '(select min_pair_orders from ' ~ ref('int_basket_thresholds') ~ ')',
    ) }}
) as counted
