-- What happened to every raw row, and what is not in FactSales.

create table rpt_data_quality (
    raw_table text not null,
    outcome text not null,
    reason text not null,
    row_count bigint not null,
    amount exact_real
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
    round(sum(line_total), 4)
from checked_lines
where reason is null;

insert into rpt_data_quality
select
    raw_table,
    'rejected',
    reason,
    count(*),
    round(sum(amount), 4)
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
    raw_table,
    'value nulled',
    reason,
    row_count,
    null
from (
    select
        'raw_orders' as raw_table,
        'currency: bad code' as reason,
        count(*) as row_count
    from checked_orders
    where reason is null and bad_currency
    union all
    select
        'raw_orders' as raw_table,
        'shipping: bad number' as reason,
        count(*) as row_count
    from checked_orders
    where reason is null and bad_shipping
    union all
    select
        'raw_orders' as raw_table,
        'tax: bad number' as reason,
        count(*) as row_count
    from checked_orders
    where reason is null and bad_tax
    union all
    select
        'raw_order_items' as raw_table,
        'line_total: bad number' as reason,
        count(*) as row_count
    from checked_lines
    where reason is null and bad_total
) as faults
where row_count > 0;

insert into rpt_data_quality
select
    'raw_order_items',
    'excluded from sales',
    case
        when line_type = 6 then 'cancelled'
        when line_total > 0 then 'adjustment: money in'
        when line_total < 0 then 'adjustment: money out'
        else 'adjustment: no money'
    end,
    count(*),
    round(sum(line_total), 4)
from checked_lines
where line_type > 5 and reason is null
group by 3;

insert into rpt_data_quality
select
    'raw_order_items',
    'noted',
    'return by credit note',
    count(*),
    round(sum(line_total), 4)
from checked_lines
where line_type = 3 and reason is null
having count(*) > 0;

insert into rpt_data_quality
select
    'raw_orders',
    'noted',
    'unmapped status: ' || status,
    count(*),
    null
from stg_orders
where order_outcome is null
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
        'order without a line' as reason,
        count(*) as row_count
    from stg_orders
    where
        not exists (
            select 1 from order_products
            where order_products.order_no = stg_orders.order_no
        )
        and not exists (
            select 1 from other_lines
            where other_lines.order_no = stg_orders.order_no
        )
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
    where product_no = 0 and reason is null
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
