with

reported as (

    select * from {{ ref('rpt_product_co_purchases') }}

),

baskets as (

    select * from {{ ref('int_frequent_basket_items') }}

),

thresholds as (

    select * from {{ ref('int_basket_thresholds') }}

),

products as (

    select * from {{ ref('int_basket_products') }}

),

expected as (

    select
        pairs.product1_key,
        pairs.product2_key,
        pairs.pair_orders,
        first_products.orders as orders_with_product1,
        second_products.orders as orders_with_product2

    from {{ ref('int_product_pairs') }} as pairs
    inner join products as first_products
        on pairs.product1_key = first_products.product_key
    inner join products as second_products
        on pairs.product2_key = second_products.product_key

),

counted as (

    select
        product1_key,
        product2_key,
        co_purchase_count as pair_orders,
        orders_with_product1,
        orders_with_product2

    from reported

),

differing as (

    {{ rows_that_differ('expected', 'counted') }}

),

-- to count every pair again takes as long as the first time: those of one product
one_product as (

    select min(product1_key) as product1_key from reported

),

recounted as (

    select
        first_items.product_key as product1_key,
        second_items.product_key as product2_key,
        count(*) as pair_orders

    from one_product
    inner join baskets as first_items
        on one_product.product1_key = first_items.product_key
    inner join baskets as second_items
        on first_items.basket_number = second_items.basket_number
    where first_items.product_key < second_items.product_key
    group by first_items.product_key, second_items.product_key

),

listed as (

    select
        recounted.product1_key,
        recounted.product2_key,
        recounted.pair_orders

    from recounted
    cross join thresholds
    where recounted.pair_orders >= thresholds.min_pair_orders

),

listed_of_one_product as (

    select
        reported.product1_key,
        reported.product2_key,
        reported.co_purchase_count as pair_orders

    from reported
    inner join one_product on reported.product1_key = one_product.product1_key

),

differing_from_the_recount as (

    {{ rows_that_differ('listed', 'listed_of_one_product') }}

)

select
    product1_key,
    product2_key

from differing

union all

select
    product1_key,
    product2_key

from differing_from_the_recount

union all

select
    reported.product1_key,
    reported.product2_key

from reported
cross join thresholds
where
    abs(reported.support * thresholds.baskets_used / reported.co_purchase_count - 1)
    > 0.000000001
    or abs(
        reported.confidence_1_to_2 * thresholds.baskets_used
        / (reported.lift * reported.orders_with_product2) - 1
    ) > 0.000000001
    or abs(
        reported.confidence_2_to_1 * thresholds.baskets_used
        / (reported.lift * reported.orders_with_product1) - 1
    ) > 0.000000001
    or abs(
        reported.confidence_1_to_2 * reported.orders_with_product1
        / reported.co_purchase_count - 1
    ) > 0.000000001
