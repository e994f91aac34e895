create table rpt_product_co_purchases (
    product1_key integer not null,
    product2_key integer not null,
    product1 text,
    product2 text,
    co_purchase_count bigint not null,
    orders_with_product1 bigint not null,
    orders_with_product2 bigint not null,
    support double not null,
    confidence_1_to_2 double not null,
    confidence_2_to_1 double not null,
    lift double not null
);

insert into rpt_product_co_purchases
select
    pairs.product1_key,
    pairs.product2_key,
    product1.product_name,
    product2.product_name,
    pairs.co_purchase_count,
    first_product.baskets,
    second_product.baskets,
    cast(pairs.co_purchase_count as double) / pair_limits.baskets,
    cast(pairs.co_purchase_count as double) / first_product.baskets,
    cast(pairs.co_purchase_count as double) / second_product.baskets,
    cast(pairs.co_purchase_count as double) * pair_limits.baskets
    / (first_product.baskets * second_product.baskets)
from pairs
cross join pair_limits
inner join product_baskets as first_product
    on pairs.product1_key = first_product.product_key
inner join product_baskets as second_product
    on pairs.product2_key = second_product.product_key
inner join DimProduct as product1 on pairs.product1_key = product1.product_key
inner join DimProduct as product2 on pairs.product2_key = product2.product_key;
