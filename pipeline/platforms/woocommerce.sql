-- WooCommerce: Analytics > Orders > Download; or, with the price of each line, the orders of a plugin: Advanced Order Export (a row for each line), or Import Export Suite (a row for each order). Beside it, if you like, Products > Export.

-- Advanced Order Export. What "Order" stands before and no line is meant belongs to the whole order, in each of its rows.
create table order_lines (
    "Order Number" text,
    "Order Status" text,
    "Order Date" text,
    "Quantity" text,
    "Item Cost" text,
    "Item #" text default null,
    "SKU" text default null,
    "Name" text default null,
    "Item Name" text default null,
    "Product Variation" text default null,
    "Order Line (w/o tax)" text default null,
    "Order Line Total" text default null,
    "Order Line Tax" text default null,
    "Quantity (- Refund)" text default null,
    "Order Line Total Refunded" text default null,
    "Order Subtotal Amount" text default null,
    "Order Shipping Amount" text default null,
    "Order Total Tax Amount" text default null,
    "Order Tax Amount" text default null,
    "Order Refund Amount" text default null,
    "Order Currency" text default null,
    "Customer User ID" text default null,
    "Email (Billing)" text default null,
    "First Name (Billing)" text default null,
    "Last Name (Billing)" text default null,
    "Address 1&2 (Billing)" text default null,
    "City (Billing)" text default null,
    "Country Code (Billing)" text default null
);
comment on table order_lines is '*.csv part=orders key=Order\ Number';

-- Import Export Suite: line_item_1 holds "name:Mug|product_id:7|sku:MUG|quantity:2|total:18.00|sub_total:20.00".
create table orders_with_lines (
    "order_id" text,
    "order_date" text,
    "status" text,
    "line_item_*" text[],
    "order_number" text default null,
    "order_currency" text default null,
    "shipping_total" text default null,
    "fee_total" text default null,
    "tax_total" text default null,
    "refund_items" text default null,
    "customer_id" text default null,
    "customer_user" text default null,
    "customer_email" text default null,
    "billing_email" text default null,
    "billing_first_name" text default null,
    "billing_last_name" text default null,
    "billing_address_1" text default null,
    "billing_city" text default null,
    "billing_country" text default null
);
comment on table orders_with_lines is '*.csv part=orders key=order_id';

-- Analytics. It says what an order cost and what was in it, and not what each thing cost.
create table report (
    "Date" text,
    "Order #" text,
    "Status" text,
    "Product(s)" text,
    "Items sold" text,
    "Customer" text default null,
    "N. Revenue" text default null,
    "Net Sales" text default null
);
comment on table report is '*.csv part=orders key=Order\ #';

create table report_in_french (
    "Date" text,
    "Commande n°" text,
    "État" text,
    "Produit(s)" text,
    "Articles vendus" text,
    "Ventes nettes" text,
    "Client" text default null
);
comment on table report_in_french is '*.csv part=orders key=Commande\ n°';

create table products_export (
    "ID" text,
    "Type" text,
    "SKU" text,
    "Name" text,
    "Regular price" text default null,
    "Sale price" text default null,
    "Categories" text default null,
    "Stock" text default null,
    "Parent" text default null
);
comment on table products_export is '*.csv optional';

create macro order_date(value) as wall_clock(
    value, ['%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%dT%H:%M:%S', '%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y',
        '%d.%m.%Y %H:%M:%S', '%d.%m.%Y %H:%M', '%Y-%m-%d']
);

-- What "name:Mug|sku:MUG" says of one thing; it may say other things more than once.
create macro field(value, name) as nullif(trim(list_filter(
    string_split(value, '|'), lambda part: starts_with(ltrim(part), name || ':')
)[1].ltrim()[length(name) + 2:]), '');

create view analytics as
select
    rowid as export_row, 'en' as language, "Date" as written_date, "Order #" as order_number, "Status" as status, "Customer" as customer,
    "Product(s)" as products, "Items sold" as pieces, coalesce("Net Sales", "N. Revenue") as net
from report
union all
select rowid, 'fr', "Date", "Commande n°", "État", "Client", "Produit(s)", "Articles vendus", "Ventes nettes"
from report_in_french;

-- A refund is a row of its own, with the order's number and a negative amount.
create view analytics_lines as
select
    *,
    coalesce(try_cast(regexp_extract(product, '^(\d+)\s*×', 1) as integer), 1) as pieces_of_product,
    nullif(trim(regexp_replace(product, '^\d+\s*×\s*', '')), '') as product_name
from (
    select * exclude (named), unnest(named) as product, generate_subscripts(named, 1) as place
    from (
        select
            * exclude (net),
            any_amount(net) as net,
            string_split(regexp_replace(coalesce(products, ''), ',\s+(\d+)\s*×', chr(31) || '\1×', 'g'), chr(31)) as named
        from analytics
    )
);

-- Every line of every layout, with what it cost after its discounts and without tax.
create view lines as
select
    1 as layout,
    rowid as position,
    "Order Number" as order_id,
    order_date(month_first("Order Date")) as order_date,
    "Order Status" as status,
    "Order Currency" as currency,
    coalesce(nullif("Customer User ID", '0'), lower(trim("Email (Billing)"))) as customer_id,
    nullif(concat_ws(' ', "First Name (Billing)", "Last Name (Billing)"), '') as customer_name,
    lower(trim("Email (Billing)")) as email,
    "Address 1&2 (Billing)" as address,
    "City (Billing)" as city,
    "Country Code (Billing)" as country,
    coalesce("SKU", "Name", "Item Name") as product_id,
    coalesce("Name", "Item Name") as product_name,
    any_amount("Quantity") as pieces,
    any_amount("Quantity") * any_amount("Item Cost") as stated,
    coalesce(
        any_amount("Order Line (w/o tax)"),
        any_amount("Order Line Total") - coalesce(any_amount("Order Line Tax"), 0),
        any_amount("Quantity") * any_amount("Item Cost")
    ) as line_total,
    any_amount("Order Subtotal Amount") as order_list_amount,
    any_amount("Quantity") - any_amount("Quantity (- Refund)") as returned_pieces,
    coalesce(any_amount("Order Line Total Refunded"), 0) as returned_amount,
    coalesce(any_amount("Order Refund Amount"), 0) as order_refund,
    null as refund_date,
    any_amount("Order Shipping Amount") as shipping,
    any_amount(coalesce("Order Total Tax Amount", "Order Tax Amount")) as tax
from order_lines
union all
select
    2,
    1000 * rowid + place,
    coalesce(order_number, order_id),
    order_date(month_first(order_date)),
    status,
    order_currency,
    coalesce(nullif(customer_user, '0'), nullif(customer_id, '0'), lower(trim(coalesce(customer_email, billing_email)))),
    nullif(concat_ws(' ', billing_first_name, billing_last_name), ''),
    lower(trim(coalesce(customer_email, billing_email))),
    billing_address_1,
    billing_city,
    billing_country,
    coalesce(field(item, 'sku'), field(item, 'name'), field(item, 'product_id')),
    field(item, 'name'),
    any_amount(field(item, 'quantity')),
    any_amount(field(item, 'sub_total')),
    any_amount(field(item, 'total')),
    null,
    0,
    0,
    coalesce(any_amount(field(refund_items, 'amount')), 0),
    order_date(field(refund_items, 'date')),
    any_amount(shipping_total),
    any_amount(tax_total)
from (
    select *, rowid, unnest("line_item_*") as item, generate_subscripts("line_item_*", 1) as place
    from orders_with_lines
)
union all
select
    3,
    1000 * export_row + place,
    order_number || case when net < 0 then '/refund/' || left(order_date(written_date), 10) else '' end,
    order_date(written_date),
    status,
    null,
    lower(nullif(trim(customer), '')),
    nullif(trim(customer), ''),
    null, null, null, null,
    product_name,
    product_name,
    case when net < 0 then 0 else pieces_of_product end,
    null,
    share_of(
        net, pieces_of_product,
        sum(pieces_of_product) over (partition by export_row order by product, place),
        sum(pieces_of_product) over (partition by export_row)
    ),
    null, 0, 0, 0, null, null, null
from analytics_lines;

-- Where the cost of a line is stated after its discounts, the order's list amount tells what they were.
create view priced_lines as
select
    *,
    row_number() over (partition by layout, order_id order by position) as place,
    cast(case
        when stated > line_total then stated
        when order_list_amount > sum(line_total) over whole_order
            then line_total + share_of(
                order_list_amount - sum(line_total) over whole_order,
                line_total,
                sum(line_total) over (partition by layout, order_id order by position),
                sum(line_total) over whole_order
            )
        else coalesce(stated, line_total)
    end as decimal(18, 4)) as list_amount
from lines
where product_id is not null or line_total <> 0
window whole_order as (partition by layout, order_id);

create view returned_lines as
select
    *,
    case
        when returned_amount <> 0 then abs(returned_amount)
        else cast(round(line_total * returned_pieces / pieces, 2) as decimal(18, 4))
    end as amount
from priced_lines
where returned_pieces > 0 or returned_amount <> 0;

-- What was paid back of an order whose lines do not say: the refund, or all goods of an order that was refunded whole.
create view refunds as
select order_id || coalesce('/refund/' || left(refund_date, 10), '') as refund_id, *
from (
    select
        order_id,
        any_value(customer_id) as customer_id,
        any_value(currency) as currency,
        any_value(refund_date) as refund_date,
        least(
            case when any_value(lower(status)) in ('refunded', 'wc-refunded') then sum(line_total) else max(order_refund) end,
            sum(line_total)
        ) as amount
    from priced_lines
    where
        line_total >= 0
        and order_id not in (select order_id from returned_lines)
        -- the report has a row of its own for a refund
        and order_id not in (select split_part(order_id, '/refund/', 1) from lines where line_total < 0)
    group by order_id
)
where amount > 0;

create view raw_order_items as
select * exclude (position, part)
from (
    select
        order_id || '/' || place as order_item_id, order_id, product_id, pieces as quantity,
        case when layout <> 3 then cast(round(list_amount / nullif(pieces, 0), 4) as decimal(18, 4)) end as price_per_item,
        line_total, position, 1 as part
    from priced_lines
    union all
    select
        order_id || '/' || place || '/return', order_id, product_id, -coalesce(returned_pieces, 0),
        case when returned_pieces > 0 then cast(round(list_amount / pieces, 4) as decimal(18, 4)) end, -amount, position, 2
    from returned_lines
    union all
    select refund_id || '/rest', refund_id, null, 0, null, -amount, 0, 3
    from refunds
)
order by part, position, order_item_id;

-- A refunded order is a sale and a refund.
create view raw_orders as
select
    order_id,
    any_value(customer_id) as customer_id,
    any_value(order_date) as order_date,
    case when any_value(lower(status)) in ('refunded', 'wc-refunded') then 'completed' else any_value(lower(status)) end as status,
    any_value(currency) as currency,
    max(shipping) as shipping,
    max(tax) as tax
from lines
group by order_id
union all
select refund_id, customer_id, refund_date, 'completed', currency, null, null
from refunds
where refund_id <> order_id
order by order_id;

create view raw_customers as
select
    customer_id,
    last(customer_name order by order_date, position) as name,
    last(email order by order_date, position) as email,
    last(address order by order_date, position) as address,
    last(city order by order_date, position) as city,
    last(country order by order_date, position) as country
from lines
where customer_id is not null
group by customer_id
order by customer_id;

create view raw_products as
select
    product_id,
    product_name,
    regexp_extract(category, '^[^,]+') as category,
    price,
    stock as stock_quantity
from (
    select
        1 as source, coalesce("SKU", "Name", "ID") as product_id, "Name" as product_name, "Categories" as category,
        any_amount(coalesce("Sale price", "Regular price")) as price, "Stock" as stock, rowid as position
    from products_export
    where "Type" is distinct from 'grouped'
    union all
    select 2, product_id, product_name, null, null, null, -position from lines where product_id is not null
)
qualify row_number() over (partition by product_id order by source, position) = 1
order by product_id;

create view left_out as
select 'fees, which are no goods' as reason, count(*) as rows, sum(any_amount(fee_total)) as amount
from orders_with_lines where any_amount(fee_total) <> 0
union all
select 'orders without a line', count(*), null from orders_with_lines where len("line_item_*") = 0;

create view warn_the_report_has_no_prices_so_an_orders_sum_is_spread_over_its_products_by_their_pieces as
select order_id, count(*) as products from lines where layout = 3 group by order_id having count(*) > 1;

create view check_dates_can_be_read as
select
    rowid as order_lines_row, null as orders_with_lines_row, null as report_row, null as report_in_french_row,
    "Order Date" as date
from order_lines qualify order_date(month_first("Order Date")) is null
union all
select null, rowid, null, null, order_date from orders_with_lines
qualify order_date(month_first(order_date)) is null
union all
select null, null, case language when 'en' then export_row end, case language when 'fr' then export_row end, written_date
from analytics where order_date(written_date) is null;

create view check_amounts_can_be_read as
select
    rowid as order_lines_row, null as report_row, null as report_in_french_row,
    concat_ws(' and ', coalesce("Quantity", 'nothing'), coalesce("Item Cost", 'nothing')) as quantity_and_cost_or_net_sales
from order_lines
where any_amount("Quantity") is null or any_amount("Item Cost") is null
union all
select null, case language when 'en' then export_row end, case language when 'fr' then export_row end, net from analytics where any_amount(net) is null;

create view check_items_can_be_read as
select order_id, product_name, pieces, line_total from lines
where layout = 2 and (pieces is null or line_total is null);

create view check_one_currency as
select currency, count(*) as rows from lines where currency is not null
group by currency qualify count(*) over () > 1;

create view check_order_numbers_are_those_of_one_year as
select order_id, min(order_date) as first, max(order_date) as last from lines
group by layout, order_id having is_of_several_years(order_date);
