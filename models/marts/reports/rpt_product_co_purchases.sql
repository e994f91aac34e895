with

thresholds as (

    select * from {{ ref('int_basket_thresholds') }}

),

basket_products as (

    select * from {{ ref('int_basket_products') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

pairs as (

    select counted.* from (
        {{ counted_pairs(
            ref('int_frequent_basket_items'),
            ref('int_basket_products'),
            '(select min_pair_orders from ' ~ ref('int_basket_thresholds') ~ ')',
        ) }}
    ) as counted

),

named_pairs as (

    select
        pairs.product1_key,
        pairs.product2_key,
        first_products.product_name as product1,
        second_products.product_name as product2,
        cast(pairs.pair_orders as bigint) as co_purchase_count,
        first_counts.orders as orders_with_product1,
        second_counts.orders as orders_with_product2,
        thresholds.baskets_used

    from pairs
    inner join products as first_products
        on pairs.product1_key = first_products.product_key
    inner join products as second_products
        on pairs.product2_key = second_products.product_key
    inner join basket_products as first_counts
        on pairs.product1_key = first_counts.product_key
    inner join basket_products as second_counts
        on pairs.product2_key = second_counts.product_key
    cross join thresholds

),

measured as (

    select
        product1_key,
        product2_key,
        product1,
        product2,
        co_purchase_count,
        orders_with_product1,
        orders_with_product2,
        {{ ratio('co_purchase_count', 'baskets_used') }} as support,
        {{ ratio('co_purchase_count', 'orders_with_product1') }} as confidence_1_to_2,
        {{ ratio('co_purchase_count', 'orders_with_product2') }} as confidence_2_to_1,
        {{ ratio(
            'co_purchase_count * baskets_used',
            'orders_with_product1 * orders_with_product2'
        ) }} as lift

    from named_pairs

)

select * from measured
