-- Shopify: in the admin, Orders > Export > All orders, as "CSV for Excel"; beside it, if you like, Products > Export and Customers > Export.

-- An order has a row for each of its lines, and its own columns in the first of them alone. Since 2013 columns came, went
-- and moved; one with a default may be missing.
create table orders_export (
    "Name" text,
    "Created at" text,
    "Subtotal" text,
    "Lineitem quantity" text,
    "Lineitem name" text,
    "Lineitem price" text,
    "Total" text default null,
    "Email" text default null,
    "Financial Status" text default null,
    "Cancelled at" text default null,
    "Currency" text default null,
    "Shipping" text default null,
    "Taxes" text default null,
    "Refunded Amount" text default null,
    "Lineitem sku" text default null,
    "Lineitem discount" text default null,
    "Vendor" text default null,
    "Billing Name" text default null,
    "Billing Street" text default null,
    "Billing City" text default null,
    "Billing Country" text default null,
    "Shipping Name" text default null,
    "Shipping Street" text default null,
    "Shipping City" text default null,
    "Shipping Country" text default null
);
comment on table orders_export is 'orders*.csv key=Name';

create table products_export (
    "Handle" text,
    "Title" text default null,
    "Vendor" text default null,
    "Type" text default null,
    "Product Category" text default null,
    "Option1 Value" text default null,
    "Option2 Value" text default null,
    "Option3 Value" text default null,
    "Variant SKU" text default null,
    "Variant Price" text default null,
    "Variant Inventory Qty" text default null,
    "Cost per item" text default null,
    "Gift Card" text default null
);
comment on table products_export is 'products*.csv part=products optional';

-- Since 2024 its columns are called anew.
create table products_export_2024 (
    "URL handle" text,
    "Title" text default null,
    "Vendor" text default null,
    "Type" text default null,
    "Product category" text default null,
    "Option1 value" text default null,
    "Option2 value" text default null,
    "Option3 value" text default null,
    "SKU" text default null,
    "Price" text default null,
    "Inventory quantity" text default null,
    "Cost per item" text default null,
    "Gift card" text default null
);
comment on table products_export_2024 is 'products*.csv part=products optional';

create table customers_export (
    "Email" text,
    "First Name" text default null,
    "Last Name" text default null,
    "Default Address Address1" text default null,
    "Address1" text default null,
    "Default Address City" text default null,
    "City" text default null,
    "Default Address Country Code" text default null,
    "Country Code" text default null,
    "Country" text default null
);
comment on table customers_export is 'customers*.csv optional';

-- What an order says of itself stands in its first row, the one with a subtotal.
create view order_rows as
select
    rowid as orders_export_row,
    count("Subtotal") over (order by rowid rows unbounded preceding) as order_number
from orders_export;

-- A tip is a line that the subtotal leaves out and the total does not.
create macro is_a_tip(name, sku) as lower(trim(name)) = 'tip' and sku is null;

create view tips as
select order_number, sum(amount("Lineitem quantity") * amount("Lineitem price")) as tip
from orders_export
inner join order_rows on orders_export.rowid = order_rows.orders_export_row
where is_a_tip("Lineitem name", "Lineitem sku")
group by order_number;

-- Where taxes are in the prices, the total is the subtotal, shipping and tips alone: then they are taken out of both.
create view orders as
select
    order_number,
    orders_export_row,
    "Name" || case
        when count(*) over (partition by "Name") > 1 then ' (' || left("Created at", 4) || ')'
        else ''
    end as order_id,
    "Name" as order_name,
    wall_clock("Created at", ['%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S']) as order_date,
    lower(trim("Financial Status")) as financial_status,
    "Cancelled at" is not null as is_cancelled,
    "Currency" as currency,
    nullif(lower(trim("Email")), '') as customer_id,
    coalesce("Billing Name", "Shipping Name") as customer_name,
    coalesce("Billing Street", "Shipping Street") as street,
    coalesce("Billing City", "Shipping City") as city,
    coalesce("Billing Country", "Shipping Country") as country,
    amount("Subtotal") as subtotal,
    coalesce(amount("Shipping"), 0) as shipping,
    coalesce(amount("Taxes"), 0) as tax,
    case
        when amount("Total") = amount("Subtotal") + coalesce(amount("Shipping"), 0) + coalesce(tip, 0)
            and amount("Total") > coalesce(tip, 0)
            then coalesce(amount("Taxes"), 0) / (amount("Total") - coalesce(tip, 0))
        else 0
    end as tax_in_prices,
    cast(round(coalesce(amount("Refunded Amount"), 0) * (1 - tax_in_prices), 2) as decimal(18, 4)) as refunded
from orders_export
inner join order_rows on orders_export.rowid = order_rows.orders_export_row
left join tips using (order_number)
where "Subtotal" is not null;

-- As an order's line calls it: "Title - Red / L", or the title alone. Only the export of products knows gift cards.
create view products as
select
    sku,
    price,
    stock,
    cost,
    coalesce(category, vendor) as category,
    title || case
        when option in ('', 'Default Title') then '' else ' - ' || option
    end as product_name,
    is_gift_card
from (
    select
        "Variant SKU" as sku,
        "Variant Price" as price,
        "Variant Inventory Qty" as stock,
        "Cost per item" as cost,
        concat_ws(' / ', "Option1 Value", "Option2 Value", "Option3 Value") as option,
        first_value("Title" ignore nulls) over product as title,
        first_value(coalesce("Type", "Product Category") ignore nulls) over product as category,
        first_value("Vendor" ignore nulls) over product as vendor,
        coalesce(lower(first_value("Gift Card" ignore nulls) over product) = 'true', false) as is_gift_card
    from (
        select rowid as position, * from products_export
        union all
        select rowid, * from products_export_2024
    )
    window product as (
        partition by "Handle" order by position
        rows between unbounded preceding and unbounded following
    )
);

create view gift_cards as
select coalesce(sku, product_name) as product_id from products where is_gift_card
union
select product_name from products where is_gift_card;

create view lines as
select
    order_number,
    order_id,
    orders.orders_export_row,
    financial_status,
    orders.subtotal,
    refunded,
    tax_in_prices,
    order_rows.orders_export_row - orders.orders_export_row + 1 as position,
    coalesce("Lineitem sku", "Lineitem name") as product_id,
    "Lineitem name" as product_name,
    "Vendor" as vendor,
    "Lineitem quantity" as quantity,
    cast(round(amount("Lineitem price") * (1 - tax_in_prices), 4) as decimal(18, 4)) as price,
    amount("Lineitem quantity") * amount("Lineitem price") as list_amount,
    amount("Lineitem quantity") * amount("Lineitem price") - coalesce(amount("Lineitem discount"), 0) as amount,
    coalesce("Lineitem sku", "Lineitem name") in (from gift_cards) or "Lineitem name" in (from gift_cards) as is_gift_card,
    orders_export."Name" <> orders.order_name as is_of_another_order,
    order_rows.orders_export_row as line_row
from orders_export
inner join order_rows on orders_export.rowid = order_rows.orders_export_row
inner join orders using (order_number)
where "Lineitem name" is not null and not is_a_tip("Lineitem name", "Lineitem sku");

-- What an order's goods cost after its discounts, without tax: the discount is spread over the lines, and gift cards have none.
create view goods as
select
    order_number, order_id, position, financial_status, refunded, product_id, quantity, price,
    share_of(
        cast(round(
            (subtotal - coalesce(sum(amount) filter (is_gift_card) over whole_order, 0)) * (1 - tax_in_prices), 2
        ) as decimal(18, 4)),
        case when is_gift_card then 0 else amount end,
        sum(amount) filter (not is_gift_card) over (partition by order_number order by position),
        sum(amount) filter (not is_gift_card) over whole_order
    ) as line_total
from lines
window whole_order as (partition by order_number)
qualify not is_gift_card;

create view refunds as
select
    order_number,
    order_id,
    case
        when financial_status = 'refunded' then sum(line_total) else least(refunded, sum(line_total))
    end as amount
from goods
where refunded > 0 and financial_status is distinct from 'voided'
group by order_number, order_id, refunded, financial_status;

create view raw_order_items as
select
    order_id || '/' || coalesce(cast(position as varchar), 'refund') as order_item_id,
    order_id, product_id, quantity, price as price_per_item, line_total
from (
    select order_number, position, order_id, product_id, quantity, price, line_total from goods
    union all
    -- The export says neither when nor for which line: a refund is dated as its order, and counts for its goods first.
    select order_number, null, order_id, null, '0', null, -amount from refunds where amount > 0
)
order by order_number, position;

-- A refunded order is a sale and a refund; one that was cancelled before it was paid is no sale.
create view raw_orders as
select
    order_id,
    customer_id,
    order_date,
    case
        when financial_status = 'refunded' then 'paid'
        when is_cancelled and coalesce(financial_status, 'pending') in ('pending', 'authorized', 'expired') then 'cancelled'
        else financial_status
    end as status,
    currency,
    shipping - cast(round(shipping * tax_in_prices, 2) as decimal(18, 4)) as shipping,
    tax
from orders
order by order_number;

create view raw_customers as
select customer_id, name, customer_id as email, address, city, country
from (
    select
        customer_id,
        arg_max(customer_name, order_number) as name,
        arg_max(street, order_number) as address,
        arg_max(city, order_number) as city,
        arg_max(country, order_number) as country
    from orders
    where customer_id is not null
    group by customer_id
    union all
    select
        lower(trim("Email")),
        nullif(concat_ws(' ', "First Name", "Last Name"), ''),
        coalesce("Default Address Address1", "Address1"),
        coalesce("Default Address City", "City"),
        coalesce("Default Address Country Code", "Country Code", "Country")
    from customers_export
    where
        "Email" is not null
        and lower(trim("Email")) not in (select customer_id from orders where customer_id is not null)
    qualify row_number() over (partition by lower(trim("Email")) order by rowid) = 1
)
order by customer_id;

create view raw_products as
select product_id, product_name, category, price, stock as stock_quantity, cost as unit_cost
from (
    select coalesce(sku, product_name) as product_id, product_name, category, price, stock, cost
    from products
    where not is_gift_card
    union all by name
    select product_id, arg_max(product_name, line_row) as product_name, arg_max(vendor, line_row) as category,
        cast(arg_max(price, line_row) as varchar) as price
    from lines
    where not is_gift_card and product_id not in (select coalesce(sku, product_name) from products where coalesce(sku, product_name) is not null)
    group by product_id
)
qualify row_number() over (partition by product_id order by product_name, price) = 1
order by product_id;

create view left_out as
select 'gift cards, which are no goods until they are spent' as reason, count(*) as rows, sum(amount) as amount
from lines where is_gift_card
union all
select 'tips', count(*), sum(amount("Lineitem quantity") * amount("Lineitem price"))
from orders_export where is_a_tip("Lineitem name", "Lineitem sku")
union all
select 'rows without a line', count(*), null from orders_export where "Lineitem name" is null;

create view check_dates_can_be_read as
select orders_export_row, "Created at"
from orders
inner join orders_export on orders.orders_export_row = orders_export.rowid
where order_date is null;

create view check_amounts_can_be_read as
select
    rowid as orders_export_row, "Subtotal", "Total", "Shipping", "Taxes", "Refunded Amount", "Lineitem quantity", "Lineitem price",
    "Lineitem discount"
from orders_export
where
    ("Subtotal" is not null and amount("Subtotal") is null)
    or ("Total" is not null and amount("Total") is null)
    or ("Shipping" is not null and amount("Shipping") is null)
    or ("Taxes" is not null and amount("Taxes") is null)
    or ("Refunded Amount" is not null and amount("Refunded Amount") is null)
    or ("Lineitem name" is not null and (amount("Lineitem quantity") is null or amount("Lineitem price") is null))
    or ("Lineitem discount" is not null and amount("Lineitem discount") is null);

create view check_lines_belong_to_an_order as
select orders_export_row, null as order_before from order_rows where order_number = 0
union all
select line_row, order_id from lines where is_of_another_order;

create view check_one_currency as
select currency, count(*) as orders from orders where currency is not null
group by currency qualify count(*) over () > 1;

create view check_order_numbers_are_those_of_one_year as
select order_id, count(*) as orders from orders group by order_id having count(*) > 1;

-- Less than its lines is a discount; more is an order whose lines are not all there.
create view check_subtotals_are_no_more_than_their_lines as
select min(orders_export_row) as orders_export_row, order_id, subtotal, sum(list_amount) as lines
from lines group by order_id, subtotal having subtotal > sum(list_amount);
