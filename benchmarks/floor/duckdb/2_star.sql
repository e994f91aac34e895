-- The star: DimCustomer, DimProduct, DimTime, FactSales.

create table DimCustomer (
    customer_key bigint primary key,
    customer_id varchar not null,
    name varchar,
    email varchar,
    address varchar,
    city varchar,
    country varchar,
    registration_date date,
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
    product_key bigint primary key,
    product_id varchar not null,
    product_name varchar,
    category varchar,
    price decimal(18, 4),
    stock_quantity integer,
    is_inferred boolean not null
);

insert into DimProduct
select -1, '(unknown)', null, null, null, null, false
union all
select
    int_product_keys.product_key,
    int_product_keys.product_id,
    stg_products.product_name,
    stg_products.category,
    stg_products.price,
    stg_products.stock_quantity,
    stg_products.product_id is null
from int_product_keys
left join stg_products on int_product_keys.product_id = stg_products.product_id;

create table DimTime (
    time_key integer primary key,
    date date not null,
    day integer not null,
    month integer not null,
    year integer not null,
    day_of_week varchar not null,
    week_of_year integer not null,
    quarter integer not null,
    is_weekend boolean not null,
    iso_year integer not null,
    month_name varchar not null,
    month_start date not null,
    year_month varchar not null
);

insert into DimTime
with

touched as (
    select
        date_trunc('year', min(day)) as first_date,
        date_trunc('year', max(day)) + interval 1 year - interval 1 day as last_date
    from (
        select order_date as day from stg_orders
        union all
        select registration_date as day from stg_customers
        where registration_date is not null
        union all
        select as_of_date as day from settings
        where as_of_date is not null
    ) as dates
),

calendar as (
    select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date)
        as day
    from touched
    where first_date is not null
)

select
    cast(strftime(day, '%Y%m%d') as integer),
    day,
    extract('day' from day),
    extract('month' from day),
    extract('year' from day),
    dayname(day),
    extract('week' from day),
    extract('quarter' from day),
    extract('isodow' from day) >= 6,
    extract('isoyear' from day),
    monthname(day),
    date_trunc('month', day),
    strftime(day, '%Y-%m')
from calendar;

create table FactSales as
select
    line.raw_row as sales_key,
    line.order_item_id,
    orders.order_id,
    orders.customer_key,
    coalesce(int_product_keys.product_key, -1) as product_key,
    orders.time_key,
    line.quantity as quantity_sold,
    line.price as price_per_item,
    line.line_total as line_item_total,
    case line.line_type
        when 1 then 'sale'
        when 4 then 'refund'
        when 5 then 'gift'
        else 'return'
    end as line_type,
    cast(line.discount as decimal(18, 4)) as discount_amount
from checked_lines as line
inner join stg_orders as orders on line.order_no = orders.order_no
left join int_product_keys on line.product_id = int_product_keys.product_id
where line.line_type <= 5 and line.reason is null;
