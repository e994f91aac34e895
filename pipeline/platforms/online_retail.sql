-- UCI Online Retail, and flat files like it: one CSV with a row for each line of an invoice (https://doi.org/10.24432/C5BW33).

create table invoices (
    "InvoiceNo" text,
    "StockCode" text,
    "Quantity" text,
    "InvoiceDate" text,
    "UnitPrice" text,
    "Description" text default null,
    "CustomerID" text default null,
    "Country" text default null
);
comment on table invoices is '*.csv encoding=cp1252 part=invoices key=InvoiceNo';

-- The second edition of the data names three columns anew.
create table invoices_2 (
    "Invoice" text,
    "StockCode" text,
    "Quantity" text,
    "InvoiceDate" text,
    "Price" text,
    "Description" text default null,
    "Customer ID" text default null,
    "Country" text default null
);
comment on table invoices_2 is '*.csv encoding=cp1252 part=invoices key=Invoice';

create macro invoice_date(value) as wall_clock(
    value, [
        '%Y-%m-%d %H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%dT%H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%y %H:%M', '%m/%d/%Y %H:%M:%S',
        '%d-%m-%Y %H:%M', '%d.%m.%Y %H:%M', '%d.%m.%y %H:%M', '%Y-%m-%d'
    ]
);

create view lines as
select
    row_number() over (order by edition, export_row) as position,
    * exclude (customer_id, quantity, price),
    case when amount(quantity) is null then cast(comma_amount(quantity) as varchar) else quantity end as quantity,
    case when amount(price) is null then cast(comma_amount(price) as varchar) else price end as price,
    regexp_replace(customer_id, '\.0$', '') as customer_id,
    invoice_date(month_first(written_date)) as order_date
from (
    select
        1 as edition, rowid as export_row,
        "InvoiceNo" as order_id, "StockCode" as product_id, "Description" as product_name, "Quantity" as quantity,
        "UnitPrice" as price, "InvoiceDate" as written_date, "CustomerID" as customer_id, "Country" as country
    from invoices
    union all
    select 2, rowid, "Invoice", "StockCode", "Description", "Quantity", "Price", "InvoiceDate", "Customer ID", "Country"
    from invoices_2
);

-- The key of a line is its position in the file: an invoice may hold the same line twice.
create view raw_order_items as
select cast(position as varchar) as order_item_id, order_id, product_id, quantity, price as price_per_item
from lines
order by position;

-- A number that begins with C is a cancellation, with A an adjustment of bad debt.
create view raw_orders as
select
    order_id,
    first(customer_id order by position) as customer_id,
    first(order_date order by position) as order_date,
    case left(order_id, 1) when 'C' then 'cancelled' when 'A' then 'adjustment' else 'completed' end as status
from lines
group by order_id
order by min(position);

create view raw_customers as
select
    customer_id,
    last(country order by position) as country,
    left(min(order_date), 10) as registration_date
from lines
where customer_id is not null
group by customer_id
order by customer_id;

create view raw_products as
select
    product_id,
    last(product_name order by position) filter (product_name is not null) as product_name,
    last(price order by position) filter (amount(price) > 0 and amount(quantity) > 0) as price
from lines
where product_id is not null
group by product_id
order by product_id;

create view check_dates_can_be_read as
select case edition when 1 then export_row end as invoices_row, case edition when 2 then export_row end as invoices_2_row,
    written_date
from lines where order_date is null;

create view check_amounts_can_be_read as
select rowid as invoices_row, null as invoices_2_row, "Quantity", "UnitPrice" from invoices
where any_amount("Quantity") is null or any_amount("UnitPrice") is null
union all
select null, rowid, "Quantity", "Price" from invoices_2
where any_amount("Quantity") is null or any_amount("Price") is null;

create view check_an_invoice_has_one_customer as
select min(position) as position, order_id, count(distinct customer_id) as customers from lines
group by order_id having count(distinct customer_id) > 1;

create view check_order_numbers_are_those_of_one_year as
select order_id, min(order_date) as first, max(order_date) as last from lines
group by order_id having is_of_several_years(order_date);
