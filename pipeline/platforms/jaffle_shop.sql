-- dbt's jaffle shop: the classic one (raw_customers, raw_orders, raw_payments) or the second (raw_customers, raw_orders, raw_items, raw_products).

create table classic_customers (
    "id" text,
    "first_name" text,
    "last_name" text
);
comment on table classic_customers is 'raw_customers*.csv part=customers';

create table classic_orders (
    "id" text,
    "user_id" text,
    "order_date" text,
    "status" text
);
comment on table classic_orders is 'raw_orders*.csv part=orders key=id';

create table payments (
    "id" text,
    "order_id" text,
    "payment_method" text,
    "amount" text
);
comment on table payments is 'raw_payments*.csv part=lines key=id';

create table second_customers (
    "id" text,
    "name" text
);
comment on table second_customers is 'raw_customers*.csv part=customers';

create table second_orders (
    "id" text,
    "customer" text,
    "ordered_at" text,
    "subtotal" text,
    "tax_paid" text,
    "order_total" text
);
comment on table second_orders is 'raw_orders*.csv part=orders key=id';

create table items (
    "id" text,
    "order_id" text,
    "sku" text
);
comment on table items is 'raw_items*.csv part=lines key=id';

create table second_products (
    "sku" text,
    "name" text,
    "type" text default null,
    "price" text
);
comment on table second_products is 'raw_products*.csv optional';

create macro cents(value) as cast(amount(value) / 100 as decimal(18, 4));

create view raw_customers as
select id as customer_id, nullif(concat_ws(' ', first_name, last_name), '') as name from classic_customers
union all
select id, name from second_customers
order by customer_id;

create view raw_products as
select sku as product_id, name as product_name, type as category, cents(price) as price
from second_products
order by sku;

create view raw_orders as
select id as order_id, user_id as customer_id, order_date, status, null as tax from classic_orders
union all
select id, customer, wall_clock(ordered_at, ['%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M:%S']), 'completed', cents(tax_paid)
from second_orders
order by order_id;

-- The classic shop has no lines: what was paid for an order is its one line, of no product. In the second shop a row is
-- one piece at its product's price, and what an order cost less than that is a discount.
create view raw_order_items as
select
    order_id || '/paid' as order_item_id, order_id, null as product_id, '1' as quantity,
    cast(sum(cents(amount)) as varchar) as price_per_item, null as line_total
from payments
group by order_id
union all
select
    id, order_id, sku, '1', cast(price as varchar),
    cast(share_of(subtotal, price, sum(price) over (partition by order_id order by position), sum(price) over (partition by order_id)) as varchar)
from (
    select items.id, items.order_id, items.sku, items.rowid as position, cents(second_products.price) as price,
        cents(second_orders.subtotal) as subtotal
    from items
    left join second_products using (sku)
    left join second_orders on items.order_id = second_orders.id
)
order by order_item_id;

create view left_out as
select 'orders without a payment or an item' as reason, count(*) as rows, null as amount
from raw_orders
where order_id not in (select order_id from raw_order_items where order_id is not null);

create view check_lines_belong_to_an_order as
select rowid as payments_row, null as items_row, order_id from payments where order_id not in (select id from classic_orders)
union all
select null, rowid, order_id from items where order_id not in (select id from second_orders);

create view check_dates_can_be_read as
select rowid as classic_orders_row, null as second_orders_row, order_date from classic_orders
where wall_clock(order_date, ['%Y-%m-%d', '%Y-%m-%d %H:%M:%S']) is null
union all
select null, rowid, ordered_at from second_orders
where wall_clock(ordered_at, ['%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M:%S']) is null;

create view check_amounts_can_be_read as
select rowid as payments_row, null as second_orders_row, null as second_products_row, amount from payments where cents(amount) is null
union all
select null, rowid, null, subtotal from second_orders where cents(subtotal) is null
union all
select null, null, rowid, price from second_products where cents(price) is null;

create view check_an_items_product_has_a_price as
select rowid as items_row, sku from items where sku not in (select sku from second_products);

create view check_an_order_has_one_row as
select max(rowid) as classic_orders_row, null as second_orders_row, id, count(*) as rows from classic_orders
group by id having count(*) > 1
union all
select null, max(rowid), id, count(*) from second_orders group by id having count(*) > 1;
