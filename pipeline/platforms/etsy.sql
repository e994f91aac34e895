-- Etsy: in Shop Manager, Settings > Options > Download Data > Order Items (EtsySoldOrderItems*.csv).

create table order_items (
    "Sale Date" text,
    "Item Name" text,
    "Quantity" text,
    "Price" text,
    "Order ID" text,
    "Transaction ID" text,
    "Buyer" text default null,
    "Discount Amount" text default null,
    "Order Shipping" text default null,
    "Shipping Discount" text default null,
    "Order Sales Tax" text default null,
    "Currency" text default null,
    "Listing ID" text default null,
    "Variations" text default null,
    "SKU" text default null,
    "Ship Name" text default null,
    "Ship Address1" text default null,
    "Ship City" text default null,
    "Ship Country" text default null
);
comment on table order_items is 'EtsySoldOrderItems*.csv *order*items*.csv key=Transaction\ ID';

create macro sale_date(value) as wall_clock(value, ['%m/%d/%y', '%m/%d/%Y', '%Y-%m-%d']);

create view lines as
select
    rowid as position,
    "Order ID" as order_id,
    sale_date(month_first("Sale Date")) as order_date,
    -- "Anna Larsen (annal)", or the user's name alone
    coalesce(nullif(regexp_extract("Buyer", '\(([^()]*)\)\s*$', 1), ''), trim("Buyer"), "Ship Name") as customer_id,
    coalesce("SKU", "Listing ID", "Item Name") as product_id,
    any_amount("Quantity") as units,
    any_amount("Price") as price,
    -- written as an amount with or without a minus
    abs(coalesce(any_amount("Discount Amount"), 0)) as discount,
    *
from order_items;

create view raw_order_items as
select
    "Transaction ID" as order_item_id,
    order_id,
    product_id,
    "Quantity" as quantity,
    price as price_per_item,
    units * price - discount as line_total
from lines
order by position;

-- What "Order" stands before belongs to the whole order, and is repeated in each of its rows.
create view raw_orders as
select
    order_id,
    first(customer_id order by position) as customer_id,
    first(order_date order by position) as order_date,
    'completed' as status,
    first("Currency" order by position) as currency,
    max(any_amount("Order Shipping")) - abs(coalesce(max(any_amount("Shipping Discount")), 0)) as shipping,
    max(any_amount("Order Sales Tax")) as tax
from lines
group by order_id
order by min(position);

create view raw_customers as
select
    customer_id,
    last("Ship Name" order by position) as name,
    last("Ship Address1" order by position) as address,
    last("Ship City" order by position) as city,
    last("Ship Country" order by position) as country
from lines
where customer_id is not null
group by customer_id
order by customer_id;

create view raw_products as
select product_id, plain_text(last("Item Name" order by position)) as product_name, last(price order by position) as price
from lines
group by product_id
order by product_id;

create view check_dates_can_be_read as
select position as order_items_row, "Sale Date" from lines where order_date is null;

create view check_amounts_can_be_read as
select rowid as order_items_row, "Quantity", "Price", "Discount Amount" from order_items
where
    any_amount("Quantity") is null
    or any_amount("Price") is null
    or ("Discount Amount" is not null and any_amount("Discount Amount") is null);

create view check_one_currency as
select "Currency", count(*) as rows from order_items where "Currency" is not null
group by "Currency" qualify count(*) over () > 1;

create view check_discounts_are_no_more_than_their_lines as
select position as order_items_row, order_id, discount, units * price as line from lines where discount > units * price;

create view check_order_numbers_are_those_of_one_year as
select order_id, min(order_date) as first, max(order_date) as last from lines
group by order_id having is_of_several_years(order_date);
