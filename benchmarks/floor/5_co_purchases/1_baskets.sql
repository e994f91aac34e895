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

-- The share is compared in whole billionths: 0.001 of 20,000 is 20, exactly.
create temp table pair_limits as
select
    used.baskets,
    (
        select max(least) from (
            select settings.co_purchase_min_orders as least
            union all
            select
                (
                    cast(round(settings.co_purchase_min_support * 1e9) as bigint)
                    * used.baskets
                    + 999999999
                ) / 1000000000
        ) as limits
    ) as least_count
from settings
cross join (
    select count(*) as baskets from basket_sizes
    where products <= (select max_basket_items from settings)
) as used;

create temp table product_baskets (
    product_key integer primary key,
    baskets bigint not null
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

create temp table pairs (
    product1_key integer not null,
    product2_key integer not null,
    co_purchase_count bigint not null
);
