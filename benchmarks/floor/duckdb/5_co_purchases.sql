-- Product pairs. A basket is the distinct products, -1 aside, of an order's sales.

create temp table basket_sizes as
select
    order_no,
    count(*) as products
from order_products
where has_sale and product_key <> -1
group by order_no;

-- The share is compared in whole billionths: 0.001 of 20,000 is 20, exactly.
create temp table pair_limits as
select
    used.baskets,
    greatest(
        settings.co_purchase_min_orders,
        (
            cast(round(settings.co_purchase_min_support * 1e9) as hugeint)
            * used.baskets
            + 999999999
        ) // 1000000000
    ) as least_count
from settings
cross join (
    select count(*) as baskets from basket_sizes
    where products <= (select max_basket_items from settings)
) as used;

create temp table basket_items as
select
    line.order_no,
    line.product_key
from order_products as line
inner join basket_sizes on line.order_no = basket_sizes.order_no
where
    line.has_sale
    and line.product_key <> -1
    and basket_sizes.products <= (select max_basket_items from settings);

create temp table product_baskets as
select
    product_key,
    count(*) as baskets
from basket_items
group by product_key;

-- A pair cannot occur more often than its rarer product: those below the limit go.
create table baskets as
select
    basket_items.order_no,
    cast(basket_items.product_key as integer) as product_key
from basket_items
inner join product_baskets on basket_items.product_key = product_baskets.product_key
where product_baskets.baskets >= (select least_count from pair_limits);

create table rpt_product_co_purchases as
with

pairs as (
    select
        mine.product_key as product1_key,
        other.product_key as product2_key,
        count(*) as co_purchase_count
    from baskets as mine
    inner join baskets as other
        on mine.order_no = other.order_no and mine.product_key < other.product_key
    group by mine.product_key, other.product_key
)

select
    pairs.product1_key,
    pairs.product2_key,
    product1.product_name as product1,
    product2.product_name as product2,
    pairs.co_purchase_count,
    first_product.baskets as orders_with_product1,
    second_product.baskets as orders_with_product2,
    cast(pairs.co_purchase_count as double) / pair_limits.baskets as support,
    cast(pairs.co_purchase_count as double) / first_product.baskets
        as confidence_1_to_2,
    cast(pairs.co_purchase_count as double) / second_product.baskets
        as confidence_2_to_1,
    cast(pairs.co_purchase_count as double) * pair_limits.baskets
    / (first_product.baskets * second_product.baskets) as lift
from pairs
cross join pair_limits
inner join product_baskets as first_product
    on pairs.product1_key = first_product.product_key
inner join product_baskets as second_product
    on pairs.product2_key = second_product.product_key
inner join DimProduct as product1 on pairs.product1_key = product1.product_key
inner join DimProduct as product2 on pairs.product2_key = product2.product_key
where pairs.co_purchase_count >= pair_limits.least_count;
