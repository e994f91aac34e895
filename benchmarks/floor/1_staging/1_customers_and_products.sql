-- Raw text to checked, typed rows and rejects: customers and products.

create table stg_rejected_rows (
    raw_table text not null,
    row_key text,
    reason text not null,
    raw_row text not null,
    amount exact_real
);

-- Customers ----------------------------------------------------------------------

create temp table checked_customers (
    raw_row integer primary key,
    customer_id text,
    registration_date day_text,
    value_reason text,
    reason text
);

insert into checked_customers
select
    raw.rowid,
    trim(raw.customer_id),
    case
        when
            day_of(raw.registration_date)
            between settings.earliest_date and settings.latest_date
            then day_of(raw.registration_date)
    end,
    case
        when raw.registration_date is null then null
        when day_of(raw.registration_date) is null then 'bad date'
        when
            day_of(raw.registration_date)
            not between settings.earliest_date and settings.latest_date
            then 'date out of range'
    end,
    case
        when coalesce(trim(raw.customer_id), '') in ('', '(unknown)')
            then 'missing key'
    end
from raw_customers as raw
cross join settings;

-- rejects of raw_customers

create table stg_customers (
    customer_id text primary key,
    name text,
    email text,
    address text,
    city text,
    country text,
    registration_date day_text
) without rowid;

insert into stg_customers
select
    checked.customer_id,
    raw.name,
    raw.email,
    raw.address,
    raw.city,
    raw.country,
    checked.registration_date
from checked_customers as checked
inner join raw_customers as raw on checked.raw_row = raw.rowid
where checked.reason is null
order by checked.customer_id;

-- Products -----------------------------------------------------------------------

create temp table checked_products (
    raw_row integer primary key,
    product_id text,
    price exact_real,
    stock_quantity integer,
    unit_cost exact_real,
    bad_price boolean not null,
    bad_stock boolean not null,
    bad_cost boolean not null,
    reason text
);

insert into checked_products
select
    rowid,
    trim(product_id),
    number_of(price),
    whole_of(stock_quantity),
    number_of(unit_cost),
    price is not null and number_of(price) is null,
    stock_quantity is not null and whole_of(stock_quantity) is null,
    unit_cost is not null and number_of(unit_cost) is null,
    case
        when coalesce(trim(product_id), '') in ('', '(unknown)')
            then 'missing key'
    end
from raw_products;

-- rejects of raw_products

-- The product number, an integer to group and join lines by, is the raw row's, which
-- DuckDB counts from 0: here 0 stands for no product.
create table stg_products (
    product_id text primary key,
    product_no integer not null,
    product_name text,
    category text,
    price exact_real,
    stock_quantity integer,
    unit_cost exact_real
) without rowid;

insert into stg_products
select
    checked.product_id,
    checked.raw_row + 1,
    raw.product_name,
    raw.category,
    checked.price,
    checked.stock_quantity,
    checked.unit_cost
from checked_products as checked
inner join raw_products as raw on checked.raw_row = raw.rowid
where checked.reason is null
order by checked.product_id;
