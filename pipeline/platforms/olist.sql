-- Olist, a Brazilian marketplace: the files olist_*_dataset.csv (https://www.kaggle.com/datasets/olistbr/brazilian-ecommerce).

create table customers (
    "customer_id" text,
    "customer_unique_id" text,
    "customer_city" text default null,
    "customer_state" text default null
);
comment on table customers is 'olist_customers_dataset*.csv';

create table orders (
    "order_id" text,
    "customer_id" text,
    "order_status" text,
    "order_purchase_timestamp" text
);
comment on table orders is 'olist_orders_dataset*.csv key=order_id';

create table items (
    "order_id" text,
    "order_item_id" text,
    "product_id" text,
    "price" text,
    "freight_value" text default null
);
comment on table items is 'olist_order_items_dataset*.csv key=order_id';

create table products (
    "product_id" text,
    "product_category_name" text
);
comment on table products is 'olist_products_dataset*.csv optional';

create table categories (
    "product_category_name" text,
    "product_category_name_english" text
);
comment on table categories is 'product_category_name_translation*.csv optional';

-- Each order has a customer_id of its own; who bought is the customer_unique_id.
create view raw_customers as
select
    customer_unique_id as customer_id,
    arg_max(customer_city, customers.rowid) as city,
    'Brazil' as country
from customers
where customer_unique_id is not null
group by customer_unique_id
order by customer_unique_id;

create view raw_products as
select
    product_id,
    coalesce(product_category_name_english, product_category_name) as category
from products
left join categories using (product_category_name)
qualify row_number() over (partition by product_id order by products.rowid) = 1
order by product_id;

create view freight as
select order_id, sum(amount(freight_value)) as shipping from items group by order_id;

create view raw_orders as
select
    orders.order_id,
    people.customer_unique_id as customer_id,
    wall_clock(order_purchase_timestamp, ['%Y-%m-%d %H:%M:%S']) as order_date,
    order_status as status,
    'BRL' as currency,
    shipping
from orders
left join (
    select customer_id, arg_min(customer_unique_id, rowid) as customer_unique_id from customers group by customer_id
) as people using (customer_id)
left join freight using (order_id)
order by orders.rowid;

-- A row is one piece.
create view raw_order_items as
select order_id || '/' || order_item_id as order_item_id, order_id, product_id, '1' as quantity, price as price_per_item
from items
order by rowid;

create view left_out as
select 'orders without items' as reason, count(*) as rows, null as amount
from orders where order_id not in (select order_id from items where order_id is not null);

create view check_dates_can_be_read as
select rowid as orders_row, order_purchase_timestamp from orders
where wall_clock(order_purchase_timestamp, ['%Y-%m-%d %H:%M:%S']) is null;

create view check_amounts_can_be_read as
select rowid as items_row, price, freight_value from items
where amount(price) is null or (freight_value is not null and amount(freight_value) is null);

create view check_items_belong_to_an_order as
select rowid as items_row, order_id from items where order_id not in (select order_id from orders);

create view check_an_orders_customer_is_known as
select rowid as orders_row, customer_id from orders where customer_id not in (select customer_id from customers);

create view check_an_order_has_one_row as
select max(rowid) as orders_row, order_id, count(*) as rows from orders group by order_id having count(*) > 1;
