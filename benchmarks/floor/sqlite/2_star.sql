-- The star: DimCustomer, DimProduct, DimTime, FactSales, with keys and indexes.

create table DimCustomer (
    customer_key integer primary key,
    customer_id text not null unique,
    name text,
    email text,
    address text,
    city text,
    country text,
    registration_date text,
    is_inferred integer not null
);

insert into DimCustomer
select -1, '(unknown)', null, null, null, null, null, null, 0
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
    price real,
    stock_quantity integer,
    is_inferred integer not null
);

insert into DimProduct
select -1, '(unknown)', null, null, null, null, 0
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
    date text not null unique,
    day integer not null,
    month integer not null,
    year integer not null,
    day_of_week text not null,
    week_of_year integer not null,
    quarter integer not null,
    is_weekend integer not null,
    iso_year integer not null,
    month_name text not null,
    month_start text not null,
    year_month text not null
);

insert into DimTime
with recursive

touched as (
    select
        min(substr(date, 1, 4)) || '-01-01' as first_date,
        max(substr(date, 1, 4)) || '-12-31' as last_date
    from (
        select order_date as date from stg_orders
        union all
        select registration_date from stg_customers
        where registration_date is not null
        union all
        select as_of_date from settings
        where as_of_date is not null
    )
),

days as (
    select first_date as date from touched
    where first_date is not null
    union all
    select date(days.date, '+1 day') from days
    where days.date < (select last_date from touched)
)

select
    cast(replace(date, '-', '') as integer),
    date,
    cast(substr(date, 9, 2) as integer),
    cast(substr(date, 6, 2) as integer),
    cast(substr(date, 1, 4) as integer),
    case strftime('%w', date)
        when '0' then 'Sunday'
        when '1' then 'Monday'
        when '2' then 'Tuesday'
        when '3' then 'Wednesday'
        when '4' then 'Thursday'
        when '5' then 'Friday'
        when '6' then 'Saturday'
    end,
    -- An ISO week belongs to the year of its Thursday.
    (cast(strftime('%j', date(date, '-3 days', 'weekday 4')) as integer) - 1) / 7 + 1,
    (cast(substr(date, 6, 2) as integer) + 2) / 3,
    strftime('%w', date) in ('0', '6'),
    cast(strftime('%Y', date(date, '-3 days', 'weekday 4')) as integer),
    case substr(date, 6, 2)
        when '01' then 'January'
        when '02' then 'February'
        when '03' then 'March'
        when '04' then 'April'
        when '05' then 'May'
        when '06' then 'June'
        when '07' then 'July'
        when '08' then 'August'
        when '09' then 'September'
        when '10' then 'October'
        when '11' then 'November'
        when '12' then 'December'
    end,
    substr(date, 1, 7) || '-01',
    substr(date, 1, 7)
from days;

-- Integer lookups for the lines: what each product number stands for. Ranks follow
-- the category, so that an order's lines sorted by rank are sorted by category too.
create temp table categories (
    category_no integer primary key,
    category text not null unique
);

insert into categories
select
    row_number() over (order by category),
    category
from (select distinct coalesce(category, '(unknown)') as category from DimProduct);

create temp table product_places (
    product_no integer primary key,
    product_key integer not null,
    category_no integer not null,
    product_rank integer not null
);

insert into product_places
select
    case
        when DimProduct.product_key = -1 then 0
        else coalesce(stg_products.product_no, -DimProduct.product_key)
    end,
    DimProduct.product_key,
    categories.category_no,
    row_number() over (order by categories.category_no, DimProduct.product_key)
from DimProduct
inner join categories
    on coalesce(DimProduct.category, '(unknown)') = categories.category
left join stg_products on DimProduct.product_id = stg_products.product_id;

create table FactSales (
    sales_key integer primary key,
    order_item_id text not null,
    order_id text not null,
    customer_key integer not null,
    product_key integer not null,
    time_key integer not null,
    quantity_sold integer not null,
    price_per_item real not null,
    line_item_total real not null,
    line_type text not null,
    discount_amount real not null
);

-- `cross join` fixes the order: lines outside, two integer lookups inside.
insert into FactSales
select
    line.raw_row,
    line.order_item_id,
    orders.order_id,
    orders.customer_key,
    products.product_key,
    orders.time_key,
    line.quantity,
    line.price,
    line.line_total,
    case line.line_type
        when 1 then 'sale'
        when 4 then 'refund'
        when 5 then 'gift'
        else 'return'
    end,
    line.discount
from checked_lines as line
cross join stg_orders as orders
cross join product_places as products
where
    line.order_no = orders.order_no
    and line.product_no = products.product_no
    and line.line_type <= 5
    and line.reason is null;

create index FactSales_customer_key on FactSales (customer_key);
create index FactSales_product_key on FactSales (product_key);
create index FactSales_time_key on FactSales (time_key);

analyze;
