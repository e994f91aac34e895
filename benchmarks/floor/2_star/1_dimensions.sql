-- The star: DimCustomer, DimProduct, and an empty DimTime.

create table DimCustomer (
    customer_key integer primary key,
    customer_id text not null unique,
    name text,
    email text,
    address text,
    city text,
    country text,
    registration_date day_text,
    is_inferred boolean not null
);

insert into DimCustomer
select -1, '(unknown)', null, null, null, null, null, null, false
union all
select
    int_customer_keys.customer_key,
    int_customer_keys.customer_id,
    stg_customers.name,
    stg_customers.email,
    stg_customers.address,
    stg_customers.city,
    stg_customers.country,
    stg_customers.registration_date,
    stg_customers.customer_id is null
from int_customer_keys
left join stg_customers on int_customer_keys.customer_id = stg_customers.customer_id;

create table DimProduct (
    product_key integer primary key,
    product_id text not null unique,
    product_name text,
    category text,
    price exact_real,
    stock_quantity integer,
    unit_cost exact_real,
    is_inferred boolean not null,
    is_service boolean not null
);

insert into DimProduct
select -1, '(unknown)', null, null, null, null, null, false, false
union all
select
    int_product_keys.product_key,
    int_product_keys.product_id,
    stg_products.product_name,
    stg_products.category,
    stg_products.price,
    stg_products.stock_quantity,
    stg_products.unit_cost,
    stg_products.product_id is null,
    exists (
        select 1 from service_patterns
        where
            lower(int_product_keys.product_id) like service_patterns.product_id_pattern
            and lower(coalesce(stg_products.product_name, ''))
            like service_patterns.product_name_pattern
    )
from int_product_keys
left join stg_products on int_product_keys.product_id = stg_products.product_id;

create table DimTime (
    time_key integer primary key,
    date day_text not null unique,
    day integer not null,
    month integer not null,
    year integer not null,
    day_of_week text not null,
    week_of_year integer not null,
    quarter integer not null,
    is_weekend boolean not null,
    iso_year integer not null,
    month_name text not null,
    month_start day_text not null,
    year_month text not null
);

-- What DimTime reaches to, in whole years.
create temp table touched_years as
select
    cast(min(substr(cast(date as text), 1, 4)) as integer) as first_year,
    cast(max(substr(cast(date as text), 1, 4)) as integer) as last_year
from (
    select order_date as date from stg_orders
    union all
    select registration_date from stg_customers
    union all
    select as_of_date from settings
) as dates;
