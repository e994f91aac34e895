-- Square: in the Dashboard, Reports > Transactions, or Items > Export > Items Detail CSV (items-*.csv).

create table items (
    "Date" text,
    "Time" text,
    "Item" text,
    "Qty" text,
    "Gross Sales" text,
    "Discounts" text,
    "Net Sales" text,
    "Transaction ID" text,
    "Category" text default null,
    "Price Point Name" text default null,
    "SKU" text default null,
    "Tax" text default null,
    "Event Type" text default null,
    "Customer ID" text default null,
    "Customer Name" text default null,
    "Itemization Type" text default null
);
comment on table items is 'items*.csv *.csv key=Transaction\ ID key=Date key=Time';

-- Some browsers write a narrow blank before PM.
create macro sold_at(day, clock) as wall_clock(
    day || ' ' || replace(clock, chr(8239), ' '),
    ['%Y-%m-%d %H:%M:%S', '%m/%d/%y %H:%M:%S', '%m/%d/%Y %H:%M:%S', '%m/%d/%y %I:%M:%S %p', '%m/%d/%Y %I:%M:%S %p']
);

create view dated_items as
select rowid as items_row, sold_at(month_first("Date"), "Time") as sold_at, * from items;

-- A refund has the transaction's number and a date of its own.
create view all_lines as
select
    items_row as position,
    lower("Event Type") = 'refund' as is_refund,
    case
        when lower("Event Type") = 'refund'
            then "Transaction ID" || '/refund/' || left(sold_at, 10)
        else "Transaction ID"
    end as order_id,
    sold_at as order_date,
    "Customer ID" as customer_id,
    "Customer Name" as customer_name,
    coalesce("SKU", "Item" || variation) as product_id,
    "Item" || variation as product_name,
    "Category" as category,
    any_amount("Qty") as pieces,
    any_amount("Gross Sales") as gross,
    any_amount("Net Sales") as net,
    coalesce(any_amount("Tax"), 0) as tax,
    regexp_matches(lower("Itemization Type"), 'gift') as is_gift_card,
    regexp_matches(lower("Itemization Type"), 'service charge|tip|fee') as is_fee
from (
    select *, case
        when "Price Point Name" is null or lower("Price Point Name") in ('regular', 'regular price') then ''
        else ' (' || "Price Point Name" || ')'
    end as variation
    from dated_items
);

create view lines as
select * exclude (is_gift_card, is_fee) from all_lines
where not coalesce(is_gift_card, false) and not coalesce(is_fee, false);

-- What is sold by weight is one piece at its whole price; the contract counts pieces.
create view raw_order_items as
select
    order_id || '/' || row_number() over (partition by order_id order by position) as order_item_id,
    order_id,
    product_id,
    case when is_whole then pieces when is_refund then -1 else 1 end as quantity,
    cast(round(gross / case when is_whole and pieces <> 0 then pieces when is_refund then -1 else 1 end, 4) as decimal(18, 4))
        as price_per_item,
    net as line_total
from (select *, pieces = floor(pieces) as is_whole from lines)
order by position;

create view raw_orders as
select
    order_id,
    first(customer_id order by position) filter (customer_id is not null) as customer_id,
    min(order_date) as order_date,
    'completed' as status,
    sum(tax) as tax
from all_lines
where order_id in (select order_id from lines)
group by order_id
order by min(position);

create view raw_customers as
select customer_id, last(customer_name order by position) filter (customer_name is not null) as name
from lines
where customer_id is not null
group by customer_id
order by customer_id;

create view raw_products as
select
    product_id,
    last(product_name order by position) as product_name,
    last(category order by position) as category,
    cast(last(gross / pieces order by position) filter (pieces > 0) as decimal(18, 4)) as price
from lines
where product_id is not null
group by product_id
order by product_id;

create view left_out as
select 'gift cards, which are no goods until they are spent' as reason, count(*) as rows, sum(net) as amount
from all_lines where is_gift_card
union all
select 'fees, tips and service charges', count(*), sum(net) from all_lines where is_fee;

create view check_dates_can_be_read as
select items_row, "Date", "Time" from dated_items where sold_at is null;

create view check_amounts_can_be_read as
select rowid as items_row, "Qty", "Gross Sales", "Net Sales", "Tax" from items
where
    any_amount("Qty") is null
    or any_amount("Gross Sales") is null
    or any_amount("Net Sales") is null
    or ("Tax" is not null and any_amount("Tax") is null);

create view check_net_sales_are_gross_sales_and_discounts as
select rowid as items_row, "Gross Sales", "Discounts", "Net Sales" from items
where any_amount("Gross Sales") + any_amount("Discounts") <> any_amount("Net Sales");

create view check_order_numbers_are_those_of_one_year as
select order_id, min(order_date) as first, max(order_date) as last from all_lines
group by order_id having is_of_several_years(order_date);
