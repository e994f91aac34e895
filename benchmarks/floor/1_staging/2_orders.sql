-- Raw text to checked, typed rows and rejects: orders.
-- The short patterns in front of `number_of` are the common shapes, which it need not
-- look at. `limit -1` keeps SQLite from pasting a subquery's checks into every place
-- that uses them.

create temp table checked_orders (
    raw_row integer primary key,
    order_id text,
    shipping exact_real,
    tax exact_real,
    bad_currency boolean,
    bad_shipping boolean,
    bad_tax boolean,
    reason text
);

insert into checked_orders
select
    raw_row,
    order_id,
    shipping,
    tax,
    trim(currency) not glob '[A-Za-z][A-Za-z][A-Za-z]',
    shipping_text is not null and shipping is null,
    tax_text is not null and tax is null,
    case
        when coalesce(order_id, '') in ('', '(unknown)') then 'missing key'
        when order_day is null then 'bad date'
        when order_day not between settings.earliest_date and settings.latest_date
            then 'date out of range'
    end
from (
    select
        raw.rowid as raw_row,
        trim(raw.order_id) as order_id,
        day_of(raw.order_date) as order_day,
        raw.currency,
        raw.shipping as shipping_text,
        raw.tax as tax_text,
        case
            when
                raw.shipping glob '[0-9].[0-9][0-9]'
                or raw.shipping glob '[0-9][0-9].[0-9][0-9]'
                then cast(raw.shipping as exact_real)
            else number_of(raw.shipping)
        end as shipping,
        case
            when
                raw.tax glob '[0-9].[0-9][0-9]'
                or raw.tax glob '[0-9][0-9].[0-9][0-9]'
                then cast(raw.tax as exact_real)
            else number_of(raw.tax)
        end as tax
    from raw_orders as raw
    limit -1
) as typed
cross join settings;

-- rejects of raw_orders

-- Customers named by an accepted order but absent from their file are inferred.
create table int_customer_keys (
    customer_key integer primary key,
    customer_id text not null unique
);

insert into int_customer_keys
select
    row_number() over (order by customer_id),
    customer_id
from (
    select customer_id from stg_customers
    union
    select trim(raw.customer_id) as customer_id
    from checked_orders as checked
    inner join raw_orders as raw on checked.raw_row = raw.rowid
    where
        checked.reason is null
        and coalesce(trim(raw.customer_id), '') not in ('', '(unknown)')
) as customers;

-- The order number is the raw row's: an integer to group and join lines by.
create table stg_orders (
    order_no integer primary key,
    order_id text not null,
    customer_key integer not null,
    time_key integer not null,
    order_date day_text not null,
    ordered_at text not null,
    status text not null,
    order_outcome text,
    shipping exact_real,
    tax exact_real
);

insert into stg_orders
select
    checked.raw_row,
    checked.order_id,
    coalesce(int_customer_keys.customer_key, -1),
    cast(replace(substr(raw.order_date, 1, 10), '-', '') as integer),
    substr(raw.order_date, 1, 10),
    case
        when length(raw.order_date) = 10 then raw.order_date
        else substr(raw.order_date, 1, 10) || ' ' || substr(raw.order_date, 12)
    end,
    coalesce(nullif(lower(trim(raw.status)), ''), '(empty)'),
    order_status_map.order_outcome,
    checked.shipping,
    checked.tax
from checked_orders as checked
inner join raw_orders as raw on checked.raw_row = raw.rowid
left join int_customer_keys
    on trim(raw.customer_id) = int_customer_keys.customer_id
left join order_status_map
    on
        coalesce(nullif(lower(trim(raw.status)), ''), '(empty)')
        = order_status_map.status
where checked.reason is null;
