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
from checked_order_items
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
group by value_reason;

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
from checked_order_items
where line_type > 5 and reason is null
group by 3;

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

-- The other faults and notes, where there are any.
insert into rpt_data_quality
select 'raw_products', 'value nulled', 'price: bad number', count(*), null
from checked_products
where reason is null and bad_price
having count(*) > 0
union all
select 'raw_products', 'value nulled', 'stock_quantity: bad number', count(*), null
from checked_products
where reason is null and bad_stock
having count(*) > 0
union all
select 'raw_products', 'value nulled', 'unit_cost: bad number', count(*), null
from checked_products
where reason is null and bad_cost
having count(*) > 0
union all
select 'raw_orders', 'value nulled', 'currency: bad code', count(*), null
from checked_orders
where reason is null and bad_currency
having count(*) > 0
union all
select 'raw_orders', 'value nulled', 'shipping: bad number', count(*), null
from checked_orders
where reason is null and bad_shipping
having count(*) > 0
union all
select 'raw_orders', 'value nulled', 'tax: bad number', count(*), null
from checked_orders
where reason is null and bad_tax
having count(*) > 0
union all
select 'raw_order_items', 'value nulled', 'line_total: bad number', count(*), null
from checked_order_items
where reason is null and bad_total
having count(*) > 0
union all
select
    'raw_order_items', 'noted', 'return by credit note',
    count(*), round(sum(line_total), 4)
from checked_order_items
where reason is null and line_type = 3
having count(*) > 0
union all
select 'raw_order_items', 'noted', 'line without a product', count(*), null
from checked_order_items
where reason is null and product_no = 0
having count(*) > 0
union all
select 'raw_orders', 'noted', 'order without a customer', count(*), null
from stg_orders
where customer_key = -1
having count(*) > 0
union all
select 'raw_orders', 'noted', 'order without a line', count(*), null
from stg_orders
where
    order_no not in (select order_no from order_products)
    and order_no not in (select order_no from other_lines)
having count(*) > 0
union all
select 'raw_orders', 'noted', 'basket over max_basket_items', count(*), null
from basket_sizes
where products > (select max_basket_items from settings)
having count(*) > 0
union all
select 'raw_customers', 'noted', 'inferred member', count(*), null
from DimCustomer
where is_inferred
having count(*) > 0
union all
select 'raw_products', 'noted', 'inferred member', count(*), null
from DimProduct
where is_inferred
having count(*) > 0;
