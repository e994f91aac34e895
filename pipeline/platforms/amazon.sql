-- Amazon: in Seller Central, Reports > Fulfillment > All Orders (a .txt with tabs), beside it Payments > Settlements if you like; or Payments > Date Range Reports > Transactions (a .csv).

create table all_orders (
    "amazon-order-id" text,
    "purchase-date" text,
    "order-status" text,
    "sku" text,
    "quantity" text,
    "item-price" text,
    "product-name" text default null,
    "currency" text default null,
    "item-tax" text default null,
    "shipping-price" text default null,
    "item-promotion-discount" text default null,
    "buyer-email" text default null,
    "ship-city" text default null,
    "ship-country" text default null
);
comment on table all_orders is '*.txt *.tsv delimiter=tab quoting=none encoding=cp1252 part=orders key=amazon-order-id';

create table settlements (
    "order-id" text,
    "sku" text,
    "amount-type" text,
    "amount-description" text,
    "amount" text,
    "posted-date" text default null,
    "quantity-purchased" text default null
);
comment on table settlements is '*.txt *.tsv delimiter=tab quoting=none encoding=cp1252 optional key=order-id key=posted-date';

-- Lines of notes come before its header.
create table transactions (
    "date/time" text,
    "type" text,
    "order id" text,
    "sku" text,
    "quantity" text,
    "product sales" text,
    "total" text,
    "description" text default null,
    "product sales tax" text default null,
    "shipping credits" text default null,
    "promotional rebates" text default null,
    "order city" text default null
);
comment on table transactions is '*.csv part=orders key=order\ id key=date/time key=type';

create macro purchase_date(value) as wall_clock(
    value, ['%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M:%S', '%d.%m.%Y %H:%M:%S', '%Y-%m-%d', '%d.%m.%Y']
);

-- 'Sep. 4, 2026 1:05:07 a.m. PDT' too, as in Canada.
create macro transaction_date(value) as wall_clock(
    replace(regexp_replace(value, '([A-Za-z])\.', '\1', 'g'), 'Sept ', 'Sep '),
    ['%b %d, %Y %I:%M:%S %p', '%d %b %Y %H:%M:%S', '%b %d, %Y %H:%M:%S', '%d %b %Y %I:%M:%S %p', '%d.%m.%Y %H:%M:%S']
);

-- A refund of a settlement is dated as posted.
create view lines as
select
    rowid as position,
    "amazon-order-id" as order_id,
    purchase_date("purchase-date") as order_date,
    case
        when lower("order-status") like 'shipped%' or lower("order-status") = 'shipping' then 'shipped'
        when lower("order-status") in ('unshipped', 'partiallyshipped') then 'processing'
        -- not paid yet, and without a price
        when lower("order-status") like 'pending%' then 'pending payment'
        else lower("order-status")
    end as status,
    currency,
    lower("buyer-email") as customer_id,
    "ship-city" as city,
    "ship-country" as country,
    "sku" as product_id,
    "product-name" as product_name,
    any_amount("quantity") as pieces,
    coalesce(any_amount("item-price"), 0) as gross,
    -abs(coalesce(any_amount("item-promotion-discount"), 0)) as discount,
    coalesce(any_amount("shipping-price"), 0) as shipping,
    coalesce(any_amount("item-tax"), 0) as tax
from all_orders
union all
select
    (select count(*) from all_orders) + rowid,
    "order id" || case when lower("type") = 'refund' then '/refund/' || left(transaction_date("date/time"), 10) else '' end,
    transaction_date("date/time"),
    'shipped',
    null,
    null,
    "order city",
    null,
    "sku",
    "description",
    case when lower("type") = 'refund' then -coalesce(any_amount("quantity"), 0) else any_amount("quantity") end,
    any_amount("product sales"),
    coalesce(any_amount("promotional rebates"), 0),
    coalesce(any_amount("shipping credits"), 0),
    coalesce(any_amount("product sales tax"), 0)
from transactions
where lower("type") in ('order', 'refund');

create view refunds as
select
    "order-id" || '/refund/' || coalesce(left(purchase_date("posted-date"), 10), '') as refund_id,
    "order-id" as order_id,
    "sku" as product_id,
    coalesce(purchase_date("posted-date"), (select min(order_date) from lines where lines.order_id = "order-id")) as order_date,
    any_amount("amount") as amount,
    rowid as position
from settlements
where "amount-type" = 'ItemPrice' and "amount-description" = 'Principal' and any_amount("amount") < 0;

create view raw_order_items as
select * exclude (part, position)
from (
    select
        1 as part,
        position,
        order_id || '/' || row_number() over (partition by order_id order by position) as order_item_id,
        order_id,
        product_id,
        pieces as quantity,
        cast(round(gross / nullif(pieces, 0), 4) as decimal(18, 4)) as price_per_item,
        gross + discount as line_total
    from lines
    where pieces <> 0 or gross + discount <> 0
    union all
    select
        2,
        position,
        refund_id || '/' || row_number() over (partition by refund_id order by position),
        refund_id,
        product_id,
        0,
        null,
        amount
    from refunds
)
order by part, position;

create view raw_orders as
select * exclude (part, position)
from (
    select
        1 as part,
        min(position) as position,
        order_id,
        first(customer_id order by position) as customer_id,
        first(order_date order by position) as order_date,
        first(status order by position) as status,
        first(currency order by position) filter (currency is not null) as currency,
        sum(shipping) as shipping,
        sum(tax) as tax
    from lines
    group by order_id
    union all
    select 2, min(refunds.position), refund_id, any_value(bought.customer_id), any_value(refunds.order_date), 'shipped', null, null, null
    from refunds
    left join (select order_id, min(customer_id) as customer_id from lines group by order_id) as bought using (order_id)
    group by refund_id
)
order by part, position;

create view raw_customers as
select
    customer_id,
    customer_id as email,
    last(city order by position) as city,
    last(country order by position) as country
from lines
where customer_id is not null
group by customer_id
order by customer_id;

create view raw_products as
select
    product_id,
    last(product_name order by position) filter (product_name is not null) as product_name,
    cast(last(gross / pieces order by position) filter (pieces > 0 and gross > 0) as decimal(18, 4)) as price
from lines
where product_id is not null
group by product_id
order by product_id;

create view left_out as
select 'rows of cancelled goods, of no piece' as reason, count(*) as rows, sum(gross) as amount from lines
where pieces = 0 and gross + discount = 0
union all
select 'settlement: ' || "amount-type" || ', ' || "amount-description", count(*), sum(any_amount("amount"))
from settlements
where not ("amount-type" = 'ItemPrice' and "amount-description" = 'Principal')
group by "amount-type", "amount-description"
union all
select 'transactions of the type ' || "type", count(*), sum(any_amount("total"))
from transactions
where lower("type") not in ('order', 'refund')
group by "type"
union all
select 'settlement: sales, which the orders have already', count(*), sum(any_amount("amount"))
from settlements
where "amount-type" = 'ItemPrice' and "amount-description" = 'Principal' and any_amount("amount") >= 0;

create view check_dates_can_be_read as
select rowid as all_orders_row, null as transactions_row, "purchase-date" from all_orders where purchase_date("purchase-date") is null
union all
select null, rowid, "date/time" from transactions
where lower("type") in ('order', 'refund') and transaction_date("date/time") is null;

create view check_amounts_can_be_read as
select rowid as all_orders_row, null as settlements_row, null as transactions_row, "item-price" as amount, "quantity" from all_orders
where any_amount("quantity") is null or ("item-price" is not null and any_amount("item-price") is null)
union all
select null, rowid, null, "amount", null from settlements where any_amount("amount") is null
union all
select null, null, rowid, "product sales", "quantity" from transactions
where lower("type") in ('order', 'refund') and (
        any_amount("product sales") is null or (any_amount("quantity") is null and lower("type") = 'order')
    );

create view check_one_currency as
select currency, count(*) as rows from all_orders where currency is not null
group by currency qualify count(*) over () > 1;

-- The two reports hold the same sales.
create view check_either_all_orders_or_transactions as
select 'in both reports' as orders, count(*) as rows
from all_orders where (select count(*) from transactions) > 0 having count(*) > 0;

-- What is sent in parts is posted in parts, so that only the orders' own dates tell.
create view check_order_numbers_are_those_of_one_year as
select "amazon-order-id", min(purchase_date("purchase-date")) as first, max(purchase_date("purchase-date")) as last
from all_orders group by "amazon-order-id" having is_of_several_years(purchase_date("purchase-date"));
