-- WooCommerce's own database, version 4 or later: --from woocommerce_db --source mysql://user@host/database. The prefix of its tables may be any.

create table order_stats (
    "order_id" text,
    "parent_id" text,
    "date_created" text,
    "tax_total" text,
    "shipping_total" text,
    "net_total" text,
    "status" text,
    "customer_id" text
);
comment on table order_stats is 'table=*wc_order_stats';

create table order_products (
    "order_item_id" text,
    "order_id" text,
    "product_id" text,
    "variation_id" text default null,
    "product_qty" text,
    "product_net_revenue" text,
    "coupon_amount" text
);
comment on table order_products is 'table=*wc_order_product_lookup';

create table customers (
    "customer_id" text,
    "first_name" text default null,
    "last_name" text default null,
    "email" text default null,
    "date_registered" text default null,
    "country" text default null,
    "city" text default null
);
comment on table customers is 'table=*wc_customer_lookup';

create table products (
    "product_id" text,
    "sku" text default null,
    "min_price" text default null,
    "stock_quantity" text default null
);
comment on table products is 'table=*wc_product_meta_lookup optional';

create table posts (
    "ID" text,
    "post_title" text,
    "post_type" text
);
comment on table posts is 'table=*posts optional';

-- The currency stands there alone; shops from before high-performance order storage have no such table.
create table order_table (
    "id" text,
    "currency" text
);
comment on table order_table is 'table=*wc_orders optional';

create view named_products as
select
    coalesce(nullif(nullif(variation_id, '0'), ''), product_id) as wc_product_id,
    order_products.* exclude (product_id, variation_id)
from order_products;

-- A refund is an order of its own, with a parent and a date; its pieces and amounts are negative.
create view lines as
select
    order_stats.order_id,
    cast(named_products.order_item_id as bigint) as position,
    named_products.order_item_id,
    wc_product_id as product_id,
    amount(product_qty) as pieces,
    amount(product_net_revenue) as net,
    amount(product_net_revenue) + amount(coupon_amount) as list_amount
from named_products
inner join order_stats using (order_id);

create view order_sums as
select order_id, sum(net) as net from lines group by order_id;

create view raw_order_items as
select * exclude (position)
from (
    select
        order_item_id, order_id, product_id, pieces as quantity,
        cast(round(list_amount / nullif(pieces, 0), 4) as decimal(18, 4)) as price_per_item,
        net as line_total, position
    from lines
    union all
    -- Money back for no product, or more than its products: what the refund has beyond its lines.
    select
        order_stats.order_id || '/refund', order_stats.order_id, null, 0, null,
        amount(net_total) - coalesce(order_sums.net, 0), cast(order_stats.order_id as bigint)
    from order_stats
    left join order_sums using (order_id)
    where parent_id <> '0' and amount(net_total) < coalesce(order_sums.net, 0)
)
order by position, order_item_id;

-- A refunded order is a sale, and its refund an order of its own.
create view raw_orders as
select
    order_stats.order_id,
    nullif(customer_id, '0') as customer_id,
    wall_clock(date_created, ['%Y-%m-%d %H:%M:%S']) as order_date,
    case when status = 'wc-refunded' or parent_id <> '0' then 'wc-completed' else status end as status,
    currency,
    amount(shipping_total) as shipping,
    amount(tax_total) as tax
from order_stats
left join order_table on order_stats.order_id = order_table.id
order by cast(order_stats.order_id as bigint);

create view raw_customers as
select
    customer_id, nullif(concat_ws(' ', first_name, last_name), '') as name, email, city, country,
    left(date_registered, 10) as registration_date
from customers
order by cast(customer_id as bigint);

create view raw_products as
select
    product_id, coalesce(post_title, sku) as product_name, min_price as price,
    cast(cast(amount(stock_quantity) as bigint) as varchar) as stock_quantity
from products
left join posts on products.product_id = posts."ID"
order by cast(product_id as bigint);

create view check_dates_can_be_read as
select order_id, date_created from order_stats where wall_clock(date_created, ['%Y-%m-%d %H:%M:%S']) is null;

create view check_one_currency as
select currency, count(*) as orders from order_table where currency is not null
group by currency qualify count(*) over () > 1;

create view check_items_belong_to_an_order as
select order_item_id, order_id from order_products where order_id not in (select order_id from order_stats);

create view check_an_order_has_one_row as
select order_id, count(*) as rows from order_stats group by order_id having count(*) > 1;
