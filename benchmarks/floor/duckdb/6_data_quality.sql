-- What happened to every raw row, and what is not in FactSales.

create table rpt_data_quality (
    raw_table varchar not null,
    outcome varchar not null,
    reason varchar not null,
    row_count bigint not null,
    amount decimal(18, 4)
);

insert into rpt_data_quality
select 'raw_customers', 'accepted', 'valid', count(*), null from stg_customers
union all
select 'raw_products', 'accepted', 'valid', count(*), null from stg_products
union all
select 'raw_orders', 'accepted', 'valid', count(*), null from stg_orders
union all
select
    'raw_order_items',
    'accepted',
    'valid',
    count(*),
    sum(line_total)
from checked_lines
where reason is null;

insert into rpt_data_quality
select
    raw_table,
    'rejected',
    reason,
    count(*),
    null
from stg_rejected_rows
group by raw_table, reason;

insert into rpt_data_quality
select
    'raw_customers',
    'value nulled',
    'registration_date: ' || value_reason,
    count(*),
    null
from checked_customers
where reason is null and value_reason is not null
group by value_reason
union all
select
    'raw_products',
    'value nulled',
    'price: bad number',
    count(*),
    null
from checked_products
where reason is null and bad_price
having count(*) > 0
union all
select
    'raw_products',
    'value nulled',
    'stock_quantity: bad number',
    count(*),
    null
from checked_products
where reason is null and bad_stock
having count(*) > 0;

insert into rpt_data_quality
select
    'raw_order_items',
    'excluded from sales',
    case line_type when 4 then 'cancelled' else 'adjustment' end,
    count(*),
    sum(line_total)
from checked_lines
where line_type > 3 and reason is null
group by line_type;

insert into rpt_data_quality
select
    'raw_orders',
    'noted',
    'unmapped status: ' || status,
    count(*),
    null
from stg_orders
where status_group is null
group by status;

insert into rpt_data_quality
select
    raw_table,
    'noted',
    reason,
    row_count,
    null
from (
    select
        'raw_orders' as raw_table,
        'order without a customer' as reason,
        count(*) as row_count
    from stg_orders
    where customer_key = -1
    union all
    select
        'raw_orders' as raw_table,
        'basket over max_basket_items' as reason,
        count(*) as row_count
    from basket_sizes
    where products > (select max_basket_items from settings)
    union all
    select
        'raw_order_items' as raw_table,
        'line without a product' as reason,
        count(*) as row_count
    from checked_lines
    where coalesce(product_id, '') in ('', '(unknown)') and reason is null
    union all
    select
        'raw_customers' as raw_table,
        'inferred member' as reason,
        count(*) as row_count
    from DimCustomer
    where is_inferred
    union all
    select
        'raw_products' as raw_table,
        'inferred member' as reason,
        count(*) as row_count
    from DimProduct
    where is_inferred
) as notes
where row_count > 0;
