-- FactOrders, FactOrderCategories, daily sales and product sales.
-- The lines are sorted once, by order, category and product. That table's key order
-- then serves the orders, their categories and the baskets without another sort.

create temp table countries (
    country_no integer primary key,
    country text not null unique
);

insert into countries
select
    row_number() over (order by country),
    country
from (select distinct coalesce(country, '(unknown)') as country from DimCustomer)
    as named;

create temp table order_places (
    order_no integer primary key,
    time_key bigint not null,
    country_no bigint not null
);

insert into order_places
select
    stg_orders.order_no,
    stg_orders.time_key,
    countries.country_no
from stg_orders
cross join DimCustomer
cross join countries
where
    stg_orders.customer_key = DimCustomer.customer_key
    and coalesce(DimCustomer.country, '(unknown)') = countries.country;

create table order_products (
    order_no integer not null,
    category_no integer not null,
    product_rank integer not null,
    product_key integer not null,
    gross_sales exact_real not null,
    discounts exact_real not null,
    returns exact_real not null,
    net_sales_with_cost exact_real not null,
    cost exact_real,
    units bigint not null,
    has_sale boolean not null,
    lines integer not null,
    primary key (order_no, category_no, product_rank)
) without rowid;

-- One packed integer sorts faster than two columns.
insert into order_products
select
    line.packed_key >> 24,
    products.category_no,
    products.product_rank,
    products.product_key,
    line.gross_sales,
    line.discounts,
    line.returns,
    line.net_sales_with_cost,
    line.cost,
    line.units,
    line.has_sale,
    line.lines
from (
    select
        (cast(line.order_no as bigint) << 24) + products.product_rank as packed_key,
        min(line.product_no) as product_no,
        round(
            coalesce(
                sum(line.line_total - line.discount) filter (where line.line_type = 1),
                0
            ),
            4
        ) as gross_sales,
        round(sum(line.discount), 4) as discounts,
        round(
            coalesce(
                sum(line.line_total) filter (where line.line_type between 2 and 4), 0
            ),
            4
        ) as returns,
        round(
            coalesce(
                sum(line.line_total) filter (
                    where
                        abs(cast(line.quantity as double) * products.unit_cost)
                        < 100000000000
                ),
                0
            ),
            4
        ) as net_sales_with_cost,
        round(
            sum(
                case
                    when
                        abs(cast(line.quantity as double) * products.unit_cost)
                        < 100000000000
                        then line.quantity * products.unit_cost
                end
            ),
            4
        ) as cost,
        sum(line.quantity) as units,
        min(line.line_type) = 1 as has_sale,
        count(*) as lines
    from checked_order_items as line
    cross join product_places as products
    where
        line.product_no = products.product_no
        and line.line_type <= 5
        and line.reason is null
    group by packed_key
) as line
cross join product_places as products
where line.product_no = products.product_no;

create table FactOrderCategories (
    order_id text not null,
    category text not null,
    time_key integer not null,
    customer_key integer not null,
    country text not null,
    gross_sales exact_real not null,
    discounts exact_real not null,
    returns exact_real not null,
    net_sales exact_real not null,
    net_sales_with_cost exact_real not null,
    cost exact_real,
    margin exact_real,
    units bigint not null,
    fact_lines integer not null,
    has_sale boolean not null
);

create temp table order_categories (
    order_no integer not null,
    category_no integer not null,
    gross_sales exact_real not null,
    discounts exact_real not null,
    returns exact_real not null,
    net_sales_with_cost exact_real not null,
    cost exact_real,
    units bigint not null,
    has_sale boolean not null,
    lines integer not null,
    primary key (order_no, category_no)
) without rowid;

insert into order_categories
select
    order_no,
    category_no,
    round(sum(gross_sales), 4),
    round(sum(discounts), 4),
    round(sum(returns), 4),
    round(sum(net_sales_with_cost), 4),
    round(sum(cost), 4),
    sum(units),
    max(has_sale),
    sum(lines)
from order_products
group by order_no, category_no;

insert into FactOrderCategories
select
    orders.order_id,
    categories.category,
    orders.time_key,
    orders.customer_key,
    countries.country,
    line.gross_sales,
    line.discounts,
    line.returns,
    round(line.gross_sales + line.discounts + line.returns, 4),
    line.net_sales_with_cost,
    line.cost,
    round(line.net_sales_with_cost - line.cost, 4),
    line.units,
    line.lines,
    line.has_sale
from order_categories as line
cross join stg_orders as orders
cross join order_places as places
cross join categories
cross join countries
where
    line.order_no = orders.order_no
    and line.order_no = places.order_no
    and line.category_no = categories.category_no
    and places.country_no = countries.country_no;

create table FactOrders (
    order_id text primary key,
    customer_key integer not null,
    time_key integer not null,
    ordered_at text not null,
    gross_sales exact_real not null,
    discounts exact_real not null,
    returns exact_real not null,
    net_sales exact_real not null,
    net_sales_with_cost exact_real not null,
    cost exact_real,
    margin exact_real,
    shipping exact_real,
    tax exact_real,
    units bigint not null,
    lines integer not null,
    has_sale boolean not null,
    customer_order_number integer
);

create temp table other_lines (
    order_no integer primary key,
    lines integer not null
);

insert into other_lines
select
    order_no,
    count(*)
from checked_order_items
where line_type > 5 and reason is null
group by order_no;

insert into FactOrders
with

order_totals as (
    select
        order_no,
        round(sum(gross_sales), 4) as gross_sales,
        round(sum(discounts), 4) as discounts,
        round(sum(returns), 4) as returns,
        round(sum(net_sales_with_cost), 4) as net_sales_with_cost,
        round(sum(cost), 4) as cost,
        sum(units) as units,
        max(has_sale) as has_sale,
        sum(lines) as lines
    from order_categories
    group by order_no
)

select
    orders.order_id,
    orders.customer_key,
    orders.time_key,
    orders.ordered_at,
    order_totals.gross_sales,
    order_totals.discounts,
    order_totals.returns,
    round(order_totals.gross_sales + order_totals.discounts + order_totals.returns, 4),
    order_totals.net_sales_with_cost,
    order_totals.cost,
    round(order_totals.net_sales_with_cost - order_totals.cost, 4),
    orders.shipping,
    orders.tax,
    order_totals.units,
    order_totals.lines + coalesce(other_lines.lines, 0),
    order_totals.has_sale,
    case
        when order_totals.has_sale and orders.customer_key <> -1
            then
                row_number() over (
                    partition by
                        orders.customer_key,
                        order_totals.has_sale
                    order by
                        orders.time_key,
                        orders.ordered_at,
                        length(orders.order_id),
                        orders.order_id
                )
    end
from order_totals
cross join stg_orders as orders
left join other_lines on order_totals.order_no = other_lines.order_no
where order_totals.order_no = orders.order_no;

create table rpt_sales_daily (
    date day_text not null,
    country text not null,
    category text not null,
    is_all_categories boolean not null,
    net_sales exact_real not null,
    gross_sales exact_real not null,
    discounts exact_real not null,
    returns exact_real not null,
    net_sales_with_cost exact_real not null,
    cost exact_real,
    margin exact_real,
    units bigint not null,
    orders integer not null
);

insert into rpt_sales_daily
select
    DimTime.date,
    countries.country,
    categories.category,
    false,
    round(daily.gross_sales + daily.discounts + daily.returns, 4),
    daily.gross_sales,
    daily.discounts,
    daily.returns,
    daily.net_sales_with_cost,
    daily.cost,
    round(daily.net_sales_with_cost - daily.cost, 4),
    daily.units,
    daily.orders
from (
    select
        (places.time_key << 32) + (places.country_no << 20) + line.category_no
            as packed_key,
        round(sum(line.gross_sales), 4) as gross_sales,
        round(sum(line.discounts), 4) as discounts,
        round(sum(line.returns), 4) as returns,
        round(sum(line.net_sales_with_cost), 4) as net_sales_with_cost,
        round(sum(line.cost), 4) as cost,
        sum(line.units) as units,
        count(*) filter (where line.has_sale) as orders
    from order_categories as line
    cross join order_places as places
    where line.order_no = places.order_no
    group by packed_key
) as daily
cross join DimTime
cross join countries
cross join categories
where
    daily.packed_key >> 32 = DimTime.time_key
    and (daily.packed_key >> 20) & 4095 = countries.country_no
    and daily.packed_key & 1048575 = categories.category_no;

insert into rpt_sales_daily
select
    DimTime.date,
    countries.country,
    '(all)',
    true,
    round(daily.gross_sales + daily.discounts + daily.returns, 4),
    daily.gross_sales,
    daily.discounts,
    daily.returns,
    daily.net_sales_with_cost,
    daily.cost,
    round(daily.net_sales_with_cost - daily.cost, 4),
    daily.units,
    daily.orders
from (
    select
        (cast(FactOrders.time_key as bigint) << 32) + countries.country_no as packed_key,
        round(sum(FactOrders.gross_sales), 4) as gross_sales,
        round(sum(FactOrders.discounts), 4) as discounts,
        round(sum(FactOrders.returns), 4) as returns,
        round(sum(FactOrders.net_sales_with_cost), 4) as net_sales_with_cost,
        round(sum(FactOrders.cost), 4) as cost,
        sum(FactOrders.units) as units,
        count(*) filter (where FactOrders.has_sale) as orders
    from FactOrders
    cross join DimCustomer
    cross join countries
    where
        FactOrders.customer_key = DimCustomer.customer_key
        and coalesce(DimCustomer.country, '(unknown)') = countries.country
    group by packed_key
) as daily
cross join DimTime
cross join countries
where
    daily.packed_key >> 32 = DimTime.time_key
    and daily.packed_key & 4294967295 = countries.country_no;

-- An order has one month and one country, so orders add up to the product's.
create table rpt_product_sales_monthly (
    month text not null,
    country text not null,
    product_key integer not null,
    units bigint not null,
    net_sales exact_real not null,
    gross_sales exact_real not null,
    discounts exact_real not null,
    returns exact_real not null,
    net_sales_with_cost exact_real not null,
    cost exact_real,
    margin exact_real,
    orders integer not null,
    first_sale_date day_text,
    last_sale_date day_text
);

insert into rpt_product_sales_monthly
select
    printf('%04d-%02d', monthly.month_key / 100, monthly.month_key % 100),
    countries.country,
    monthly.product_key,
    monthly.units,
    round(monthly.gross_sales + monthly.discounts + monthly.returns, 4),
    monthly.gross_sales,
    monthly.discounts,
    monthly.returns,
    monthly.net_sales_with_cost,
    monthly.cost,
    round(monthly.net_sales_with_cost - monthly.cost, 4),
    monthly.orders,
    first_sale.date,
    last_sale.date
from (
    select
        ((places.time_key / 100) << 36) + (places.country_no << 24) + line.product_rank
            as packed_key,
        min(line.product_key) as product_key,
        min(places.country_no) as country_no,
        min(places.time_key) / 100 as month_key,
        min(places.time_key) filter (where line.has_sale) as first_sale_key,
        max(places.time_key) filter (where line.has_sale) as last_sale_key,
        round(sum(line.gross_sales), 4) as gross_sales,
        round(sum(line.discounts), 4) as discounts,
        round(sum(line.returns), 4) as returns,
        round(sum(line.net_sales_with_cost), 4) as net_sales_with_cost,
        round(sum(line.cost), 4) as cost,
        sum(line.units) as units,
        count(*) filter (where line.has_sale) as orders
    from order_products as line
    cross join order_places as places
    where line.order_no = places.order_no
    group by packed_key
) as monthly
cross join countries
left join DimTime as first_sale on monthly.first_sale_key = first_sale.time_key
left join DimTime as last_sale on monthly.last_sale_key = last_sale.time_key
where monthly.country_no = countries.country_no;

create table rpt_product_sales (
    product_key integer primary key,
    product_id text not null,
    product_name text,
    category text not null,
    units bigint not null,
    net_sales exact_real not null,
    gross_sales exact_real not null,
    discounts exact_real not null,
    returns exact_real not null,
    net_sales_with_cost exact_real not null,
    cost exact_real,
    margin exact_real,
    orders integer not null,
    first_sale_date day_text,
    last_sale_date day_text,
    sales_rank integer,
    cumulative_share double,
    is_service boolean not null
);

insert into rpt_product_sales
with

product_totals as (
    select
        product_key,
        sum(units) as units,
        round(sum(net_sales), 4) as net_sales,
        round(sum(gross_sales), 4) as gross_sales,
        round(sum(discounts), 4) as discounts,
        round(sum(returns), 4) as returns,
        round(sum(net_sales_with_cost), 4) as net_sales_with_cost,
        round(sum(cost), 4) as cost,
        round(sum(margin), 4) as margin,
        sum(orders) as orders,
        min(first_sale_date) as first_sale_date,
        max(last_sale_date) as last_sale_date
    from rpt_product_sales_monthly
    group by product_key
),

ranked_products as (
    select
        DimProduct.product_key,
        DimProduct.product_id,
        DimProduct.product_name,
        coalesce(DimProduct.category, '(unknown)') as category,
        coalesce(product_totals.units, 0) as units,
        coalesce(product_totals.net_sales, 0) as net_sales,
        coalesce(product_totals.gross_sales, 0) as gross_sales,
        coalesce(product_totals.discounts, 0) as discounts,
        coalesce(product_totals.returns, 0) as returns,
        coalesce(product_totals.net_sales_with_cost, 0) as net_sales_with_cost,
        product_totals.cost,
        product_totals.margin,
        coalesce(product_totals.orders, 0) as orders,
        product_totals.first_sale_date,
        product_totals.last_sale_date,
        DimProduct.is_service,
        row_number() over (
            partition by DimProduct.is_service
            order by
                coalesce(product_totals.net_sales, 0) desc,
                DimProduct.product_id
        ) as sales_rank
    from DimProduct
    left join product_totals on DimProduct.product_key = product_totals.product_key
)

select
    product_key,
    product_id,
    product_name,
    category,
    units,
    net_sales,
    gross_sales,
    discounts,
    returns,
    net_sales_with_cost,
    cost,
    margin,
    orders,
    first_sale_date,
    last_sale_date,
    case when not is_service then sales_rank end,
    case
        when net_sales > 0 and not is_service
            then
                cast(
                    round(
                        sum(net_sales) over (
                            partition by is_service order by sales_rank
                        ),
                        4
                    ) as double
                )
                / round(
                    sum(net_sales) filter (where net_sales > 0)
                        over (partition by is_service),
                    4
                )
    end,
    is_service
from ranked_products;
