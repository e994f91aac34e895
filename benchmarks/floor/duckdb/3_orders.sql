-- FactOrders, FactOrderCategories, daily sales and product sales.

create temp table order_places as
select
    stg_orders.order_no,
    stg_orders.time_key,
    stg_orders.customer_key,
    coalesce(DimCustomer.country, '(unknown)') as country
from stg_orders
inner join DimCustomer on stg_orders.customer_key = DimCustomer.customer_key;

-- The lines are grouped once; orders, categories, months and baskets start from here.
create table order_products as
select
    line.order_no,
    coalesce(int_product_keys.product_key, -1) as product_key,
    coalesce(
        sum(line.line_total - line.discount) filter (where line.line_type = 1), 0
    ) as gross_sales,
    sum(line.discount) as discounts,
    coalesce(
        sum(line.line_total) filter (where line.line_type between 2 and 4), 0
    ) as returns,
    sum(line.quantity) as units,
    min(line.line_type) = 1 as has_sale,
    count(*) as lines
from checked_lines as line
left join int_product_keys on line.product_id = int_product_keys.product_id
where line.line_type <= 5 and line.reason is null
group by line.order_no, coalesce(int_product_keys.product_key, -1);

create temp table order_categories as
select
    line.order_no,
    coalesce(DimProduct.category, '(unknown)') as category,
    sum(line.gross_sales) as gross_sales,
    sum(line.discounts) as discounts,
    sum(line.returns) as returns,
    sum(line.units) as units,
    bool_or(line.has_sale) as has_sale,
    sum(line.lines) as lines
from order_products as line
inner join DimProduct on line.product_key = DimProduct.product_key
group by line.order_no, coalesce(DimProduct.category, '(unknown)');

create table FactOrderCategories as
select
    orders.order_id,
    line.category,
    places.time_key,
    places.customer_key,
    places.country,
    cast(line.gross_sales as decimal(18, 4)) as gross_sales,
    cast(line.discounts as decimal(18, 4)) as discounts,
    cast(line.returns as decimal(18, 4)) as returns,
    cast(line.gross_sales + line.discounts + line.returns as decimal(18, 4))
        as net_sales,
    cast(line.units as bigint) as units,
    cast(line.lines as bigint) as fact_lines,
    line.has_sale
from order_categories as line
inner join stg_orders as orders on line.order_no = orders.order_no
inner join order_places as places on line.order_no = places.order_no;

create temp table other_lines as
select
    order_no,
    count(*) as lines
from checked_lines
where line_type > 5 and reason is null
group by order_no;

create table FactOrders as
with

order_totals as (
    select
        order_no,
        cast(sum(gross_sales) as decimal(18, 4)) as gross_sales,
        cast(sum(discounts) as decimal(18, 4)) as discounts,
        cast(sum(returns) as decimal(18, 4)) as returns,
        cast(sum(units) as bigint) as units,
        bool_or(has_sale) as has_sale,
        cast(sum(lines) as bigint) as lines
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
    cast(
        order_totals.gross_sales + order_totals.discounts + order_totals.returns
        as decimal(18, 4)
    ) as net_sales,
    orders.shipping,
    orders.tax,
    order_totals.units,
    order_totals.lines + coalesce(other_lines.lines, 0) as lines,
    order_totals.has_sale,
    case
        when order_totals.has_sale and orders.customer_key <> -1
            then
                row_number() over (
                    partition by orders.customer_key, order_totals.has_sale
                    order by
                        orders.time_key,
                        orders.ordered_at,
                        length(orders.order_id),
                        orders.order_id
                )
    end as customer_order_number
from order_totals
inner join stg_orders as orders on order_totals.order_no = orders.order_no
left join other_lines on order_totals.order_no = other_lines.order_no;

create table rpt_sales_daily as
select
    DimTime.date,
    daily.country,
    daily.category,
    daily.is_all_categories,
    cast(daily.gross_sales + daily.discounts + daily.returns as decimal(18, 4))
        as net_sales,
    cast(daily.gross_sales as decimal(18, 4)) as gross_sales,
    cast(daily.discounts as decimal(18, 4)) as discounts,
    cast(daily.returns as decimal(18, 4)) as returns,
    cast(daily.units as bigint) as units,
    daily.orders
from (
    select
        time_key,
        country,
        category,
        false as is_all_categories,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(returns) as returns,
        sum(units) as units,
        count(*) filter (where has_sale) as orders
    from FactOrderCategories
    group by time_key, country, category
    union all
    select
        FactOrders.time_key,
        coalesce(DimCustomer.country, '(unknown)') as country,
        '(all)' as category,
        true as is_all_categories,
        sum(FactOrders.gross_sales) as gross_sales,
        sum(FactOrders.discounts) as discounts,
        sum(FactOrders.returns) as returns,
        sum(FactOrders.units) as units,
        count(*) filter (where FactOrders.has_sale) as orders
    from FactOrders
    inner join DimCustomer on FactOrders.customer_key = DimCustomer.customer_key
    group by FactOrders.time_key, coalesce(DimCustomer.country, '(unknown)')
) as daily
inner join DimTime on daily.time_key = DimTime.time_key;

-- An order has one month and one country, so orders add up to the product's.
create table rpt_product_sales_monthly as
select
    concat(monthly.month_key // 100, '-', right(cast(monthly.month_key as varchar), 2))
        as month,
    monthly.country,
    monthly.product_key,
    cast(monthly.units as bigint) as units,
    cast(monthly.gross_sales + monthly.discounts + monthly.returns as decimal(18, 4))
        as net_sales,
    cast(monthly.gross_sales as decimal(18, 4)) as gross_sales,
    cast(monthly.discounts as decimal(18, 4)) as discounts,
    cast(monthly.returns as decimal(18, 4)) as returns,
    monthly.orders,
    first_sale.date as first_sale_date,
    last_sale.date as last_sale_date
from (
    select
        places.time_key // 100 as month_key,
        places.country,
        line.product_key,
        sum(line.units) as units,
        sum(line.gross_sales) as gross_sales,
        sum(line.discounts) as discounts,
        sum(line.returns) as returns,
        count(*) filter (where line.has_sale) as orders,
        min(places.time_key) filter (where line.has_sale) as first_sale_key,
        max(places.time_key) filter (where line.has_sale) as last_sale_key
    from order_products as line
    inner join order_places as places on line.order_no = places.order_no
    group by places.time_key // 100, places.country, line.product_key
) as monthly
left join DimTime as first_sale on monthly.first_sale_key = first_sale.time_key
left join DimTime as last_sale on monthly.last_sale_key = last_sale.time_key;

create table rpt_product_sales as
with

product_totals as (
    select
        product_key,
        cast(sum(units) as bigint) as units,
        cast(sum(net_sales) as decimal(18, 4)) as net_sales,
        cast(sum(gross_sales) as decimal(18, 4)) as gross_sales,
        cast(sum(discounts) as decimal(18, 4)) as discounts,
        cast(sum(returns) as decimal(18, 4)) as returns,
        cast(sum(orders) as bigint) as orders,
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
        coalesce(product_totals.orders, 0) as orders,
        product_totals.first_sale_date,
        product_totals.last_sale_date,
        row_number() over (
            order by
                coalesce(product_totals.net_sales, 0) desc,
                DimProduct.product_id
        ) as sales_rank
    from DimProduct
    left join product_totals on DimProduct.product_key = product_totals.product_key
)

select
    *,
    case
        when net_sales > 0
            then
                cast(sum(net_sales) over (order by sales_rank) as double)
                / cast(sum(net_sales) filter (where net_sales > 0) over () as double)
    end as cumulative_share
from ranked_products;
