-- FactSales, from integer lookups.

-- What each product number stands for. Ranks follow the category, so that an order's
-- lines sorted by rank are sorted by category too.
create temp table categories (
    category_no integer primary key,
    category text not null unique
);

insert into categories
select
    row_number() over (order by category),
    category
from (select distinct coalesce(category, '(unknown)') as category from DimProduct)
    as named;

create temp table product_places (
    product_no integer primary key,
    product_key integer not null,
    category_no integer not null,
    product_rank integer not null,
    unit_cost exact_real
);

insert into product_places
select
    case
        when DimProduct.product_key = -1 then 0
        else coalesce(stg_products.product_no, -DimProduct.product_key)
    end,
    DimProduct.product_key,
    categories.category_no,
    row_number() over (order by categories.category_no, DimProduct.product_key),
    DimProduct.unit_cost
from DimProduct
inner join categories
    on coalesce(DimProduct.category, '(unknown)') = categories.category
left join stg_products on DimProduct.product_id = stg_products.product_id;

create table FactSales (
    sales_key integer primary key,
    order_item_id text not null,
    order_id text not null,
    customer_key integer not null,
    product_key integer not null,
    time_key integer not null,
    quantity_sold integer not null,
    price_per_item exact_real not null,
    line_item_total exact_real not null,
    line_type text not null,
    discount_amount exact_real not null,
    cost_amount exact_real,
    margin_amount exact_real
);

-- A cost of a hundred thousand millions or more is not known.
-- `cross join` fixes SQLite's loops: lines outside, two integer lookups inside.
insert into FactSales
select
    line.raw_row,
    line.order_item_id,
    orders.order_id,
    orders.customer_key,
    products.product_key,
    orders.time_key,
    line.quantity,
    line.price,
    line.line_total,
    case line.line_type
        when 1 then 'sale'
        when 4 then 'refund'
        when 5 then 'gift'
        else 'return'
    end,
    line.discount,
    case
        when abs(cast(line.quantity as double) * products.unit_cost) < 100000000000
            then round(line.quantity * products.unit_cost, 4)
    end,
    case
        when abs(cast(line.quantity as double) * products.unit_cost) < 100000000000
            then round(line.line_total - line.quantity * products.unit_cost, 4)
    end
from checked_order_items as line
cross join stg_orders as orders
cross join product_places as products
where
    line.order_no = orders.order_no
    and line.product_no = products.product_no
    and line.line_type <= 5
    and line.reason is null;
