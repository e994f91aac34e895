-- Product pairs. A basket is the distinct products, -1 aside, of an order's sales.

create temp table basket_sizes (
    order_no integer primary key,
    products integer not null
);

insert into basket_sizes
select
    order_no,
    count(*)
from order_products
where has_sale and product_key <> -1
group by order_no;

create temp table pair_limits (
    baskets integer not null,
    least_count integer not null
);

-- The share is compared in whole billionths: 0.001 of 20,000 is 20, exactly.
insert into pair_limits
select
    baskets,
    max(
        settings.co_purchase_min_orders,
        (
            cast(round(settings.co_purchase_min_support * 1e9) as integer) * baskets
            + 999999999
        ) / 1000000000
    )
from settings
cross join (
    select count(*) as baskets from basket_sizes
    where products <= (select max_basket_items from settings)
);

create temp table product_baskets (
    product_key integer primary key,
    baskets integer not null
);

-- Orders with a sale of the product are its baskets, but for those over the cap.
insert into product_baskets
select
    rpt_product_sales.product_key,
    rpt_product_sales.orders - coalesce(over_cap.orders, 0)
from rpt_product_sales
left join (
    select
        line.product_key,
        count(*) as orders
    from basket_sizes
    cross join order_products as line
    where
        basket_sizes.products > (select max_basket_items from settings)
        and basket_sizes.order_no = line.order_no
        and line.has_sale
    group by line.product_key
) as over_cap on rpt_product_sales.product_key = over_cap.product_key
where rpt_product_sales.product_key <> -1;

-- A pair cannot occur more often than its rarer product: those below the limit go.
create table baskets (
    order_no integer not null,
    product_key integer not null,
    primary key (order_no, product_key)
) without rowid;

insert into baskets
select
    line.order_no,
    line.product_key
from order_products as line
cross join basket_sizes
cross join product_baskets
where
    line.order_no = basket_sizes.order_no
    and line.product_key = product_baskets.product_key
    and line.has_sale
    and basket_sizes.products <= (select max_basket_items from settings)
    and product_baskets.baskets >= (select least_count from pair_limits)
order by line.order_no, line.product_key;

create index baskets_product on baskets (product_key, order_no);

create table rpt_product_co_purchases (
    product1_key integer not null,
    product2_key integer not null,
    product1 text,
    product2 text,
    co_purchase_count integer not null,
    orders_with_product1 integer not null,
    orders_with_product2 integer not null,
    support real not null,
    confidence_1_to_2 real not null,
    confidence_2_to_1 real not null,
    lift real not null,
    primary key (product1_key, product2_key)
) without rowid;

-- One small sort for each first product, instead of one of all pair occurrences.
insert into rpt_product_co_purchases
select
    first_product.product_key,
    second_product.product_key,
    product1.product_name,
    product2.product_name,
    pair.value,
    first_product.baskets,
    second_product.baskets,
    pair.value * 1.0 / pair_limits.baskets,
    pair.value * 1.0 / first_product.baskets,
    pair.value * 1.0 / second_product.baskets,
    pair.value * 1.0 * pair_limits.baskets
    / (first_product.baskets * second_product.baskets)
from product_baskets as first_product
cross join pair_limits
cross join json_each(
    (
        select json_group_object(product_key, co_purchase_count)
        from (
            select
                other.product_key,
                count(*) as co_purchase_count
            from baskets as mine
            cross join baskets as other
            where
                mine.product_key = first_product.product_key
                and other.order_no = mine.order_no
                and other.product_key > mine.product_key
            group by other.product_key
            having count(*) >= pair_limits.least_count
        )
    )
) as pair
cross join product_baskets as second_product
cross join DimProduct as product1
cross join DimProduct as product2
where
    first_product.baskets >= pair_limits.least_count
    and second_product.product_key = cast(pair.key as integer)
    and product1.product_key = first_product.product_key
    and product2.product_key = second_product.product_key;
