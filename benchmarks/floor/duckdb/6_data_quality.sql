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
    coalesce(sum(line_total), 0)
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
    'raw_orders',
    'noted',
    'basket over the cap',
    count(*),
    null
from basket_sizes
where products > (select max_basket_items from settings)
having count(*) > 0;
