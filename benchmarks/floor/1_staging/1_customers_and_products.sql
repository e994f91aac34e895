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

update checked_customers
set
    reason = case
        when places.content = places.first_content then 'duplicate key'
        else 'conflicting duplicate'
    end
from (
    select
        raw_row,
        content,
        row_number() over same_key as place,
        first_value(content) over same_key as first_content
    from (
        select
            checked.raw_row,
            checked.customer_id as clean_id,
            raw.*,
            json_array(
                raw.name,
                raw.email,
                raw.address,
                raw.city,
                raw.country,
                raw.registration_date
            ) as content
        from checked_customers as checked
        inner join raw_customers as raw on checked.raw_row = raw.rowid
        where
            checked.reason is null
            and checked.customer_id in (
                select customer_id from checked_customers
                where reason is null
                group by customer_id
                having count(*) > 1
            )
    ) as repeated
    window same_key as (
        partition by clean_id
        order by
            coalesce(customer_id, ''),
            coalesce(name, ''),
            coalesce(email, ''),
            coalesce(address, ''),
            coalesce(city, ''),
            coalesce(country, ''),
            coalesce(registration_date, ''),
            raw_row
    )
) as places
where checked_customers.raw_row = places.raw_row and places.place > 1;

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

insert into stg_rejected_rows
select
    'raw_customers',
    nullif(nullif(checked.customer_id, ''), '(unknown)'),
    checked.reason,
    json_object(
        'customer_id', raw.customer_id,
        'name', raw.name,
        'email', raw.email,
        'address', raw.address,
        'city', raw.city,
        'country', raw.country,
        'registration_date', raw.registration_date
    ),
    null
from checked_customers as checked
inner join raw_customers as raw on checked.raw_row = raw.rowid
where checked.reason is not null;

-- Products -----------------------------------------------------------------------

create temp table checked_products (
    raw_row integer primary key,
    product_id text,
    price exact_real,
    stock_quantity integer,
    bad_price boolean not null,
    bad_stock boolean not null,
    reason text
);

insert into checked_products
select
    rowid,
    trim(product_id),
    number_of(price),
    whole_of(stock_quantity),
    price is not null and number_of(price) is null,
    stock_quantity is not null and whole_of(stock_quantity) is null,
    case
        when coalesce(trim(product_id), '') in ('', '(unknown)')
            then 'missing key'
    end
from raw_products;

update checked_products
set
    reason = case
        when places.content = places.first_content then 'duplicate key'
        else 'conflicting duplicate'
    end
from (
    select
        raw_row,
        content,
        row_number() over same_key as place,
        first_value(content) over same_key as first_content
    from (
        select
            checked.raw_row,
            checked.product_id as clean_id,
            raw.*,
            json_array(raw.product_name, raw.category, raw.price, raw.stock_quantity)
                as content
        from checked_products as checked
        inner join raw_products as raw on checked.raw_row = raw.rowid
        where
            checked.reason is null
            and checked.product_id in (
                select product_id from checked_products
                where reason is null
                group by product_id
                having count(*) > 1
            )
    ) as repeated
    window same_key as (
        partition by clean_id
        order by
            coalesce(product_id, ''),
            coalesce(product_name, ''),
            coalesce(category, ''),
            coalesce(price, ''),
            coalesce(stock_quantity, ''),
            raw_row
    )
) as places
where checked_products.raw_row = places.raw_row and places.place > 1;

-- The product number, an integer to group and join lines by, is the raw row's, which
-- DuckDB counts from 0: here 0 stands for no product.
create table stg_products (
    product_id text primary key,
    product_no integer not null,
    product_name text,
    category text,
    price exact_real,
    stock_quantity integer
) without rowid;

insert into stg_products
select
    checked.product_id,
    checked.raw_row + 1,
    raw.product_name,
    raw.category,
    checked.price,
    checked.stock_quantity
from checked_products as checked
inner join raw_products as raw on checked.raw_row = raw.rowid
where checked.reason is null
order by checked.product_id;

insert into stg_rejected_rows
select
    'raw_products',
    nullif(nullif(checked.product_id, ''), '(unknown)'),
    checked.reason,
    json_object(
        'product_id', raw.product_id,
        'product_name', raw.product_name,
        'category', raw.category,
        'price', raw.price,
        'stock_quantity', raw.stock_quantity
    ),
    null
from checked_products as checked
inner join raw_products as raw on checked.raw_row = raw.rowid
where checked.reason is not null;
