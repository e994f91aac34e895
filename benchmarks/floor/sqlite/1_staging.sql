-- Raw text to checked, typed rows: customers, products, orders, lines, rejects.
-- Numbers are checked as text first: SQLite's own casts take anything. date() takes
-- 2024-02-30 too, but a modifier makes it 2024-03-01, which is not what was written.

create table order_status_map (
    status text primary key,
    status_group text not null
) without rowid;

insert into order_status_map
select
    value,
    'sale'
from json_each(
    '["completed","complete","paid","shipped","delivered","fulfilled","processing",
      "pending","approved","authorized","invoiced","dispatched","partially_paid",
      "partially_refunded","(empty)"]'
);

insert into order_status_map
select
    value,
    'cancelled'
from json_each(
    '["cancelled","canceled","voided","refunded","returned","failed","expired",
      "declined","trash"]'
);

create table stg_rejected_rows (
    raw_table text not null,
    row_key text,
    reason text not null,
    raw_row text not null
);

-- Customers ----------------------------------------------------------------------

create temp table checked_customers (
    raw_row integer primary key,
    customer_id text,
    registration_date text,
    value_reason text,
    reason text
);

insert into checked_customers
select
    raw_row,
    customer_id,
    case when value_reason is null then registration_date end,
    value_reason,
    case
        when coalesce(customer_id, '') in ('', '(unknown)') then 'missing key'
    end
from (
    select
        raw_row,
        customer_id,
        substr(registration_date, 1, 10) as registration_date,
        case
            when registration_date is null then null
            when
                not (
                    substr(registration_date, 1, 10)
                    glob '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'
                    and (
                        length(registration_date) = 10
                        or registration_date
                        glob '??????????[T ][0-2][0-9]:[0-5][0-9]*'
                    )
                )
                then 'bad date'
            when
                date(substr(registration_date, 1, 10), '+0 days')
                is not substr(registration_date, 1, 10)
                or registration_date < '0001'
                then 'bad date'
            when
                substr(registration_date, 1, 10)
                not between settings.earliest_date and settings.latest_date
                then 'date out of range'
        end as value_reason
    from (
        select
            rowid as raw_row,
            trim(customer_id) as customer_id,
            registration_date
        from raw_customers
    )
    cross join settings
);

update checked_customers set reason = 'duplicate key'
where raw_row in (
    select raw_row
    from (
        select
            checked_customers.raw_row,
            row_number() over (
                partition by checked_customers.customer_id
                order by
                    coalesce(raw.customer_id, ''),
                    coalesce(raw.name, ''),
                    coalesce(raw.email, ''),
                    coalesce(raw.address, ''),
                    coalesce(raw.city, ''),
                    coalesce(raw.country, ''),
                    coalesce(raw.registration_date, ''),
                    raw.rowid
            ) as place
        from checked_customers
        inner join raw_customers as raw on checked_customers.raw_row = raw.rowid
        where
            checked_customers.reason is null
            and checked_customers.customer_id in (
                select customer_id from checked_customers
                where reason is null
                group by customer_id
                having count(*) > 1
            )
    )
    where place > 1
);

create table stg_customers (
    customer_id text primary key,
    name text,
    email text,
    address text,
    city text,
    country text,
    registration_date text
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
    )
from checked_customers as checked
inner join raw_customers as raw on checked.raw_row = raw.rowid
where checked.reason is not null;

-- Products -----------------------------------------------------------------------

create temp table checked_products (
    raw_row integer primary key,
    product_id text,
    price real,
    stock_quantity integer,
    price_reason text,
    stock_reason text,
    reason text
);

insert into checked_products
select
    raw_row,
    product_id,
    price,
    case when stock_quantity between -2147483648 and 2147483647 then stock_quantity end,
    case when raw_price is not null and price is null then 'bad number' end,
    case
        when
            raw_stock is not null
            and coalesce(stock_quantity, 1e12) not between -2147483648 and 2147483647
            then 'bad number'
    end,
    case
        when coalesce(product_id, '') in ('', '(unknown)') then 'missing key'
    end
from (
    select
        rowid as raw_row,
        trim(product_id) as product_id,
        price as raw_price,
        stock_quantity as raw_stock,
        case
            when
                ltrim(price, '+-') glob '[0-9]*'
                and ltrim(price, '+-') not glob '*[^0-9.]*'
                and price not glob '[+-][+-]*'
                and price not glob '*.*.*'
                and price not glob '*.'
                and price not glob '*.?????*'
                and length(ltrim(price, '+-')) <= 17
                and (
                    length(ltrim(price, '+-')) <= 12
                    or instr(ltrim(price, '+-'), '.') between 2 and 13
                )
                then cast(price as real)
        end as price,
        case
            when
                ltrim(stock_quantity, '+-') glob '[0-9]*'
                and ltrim(stock_quantity, '+-') not glob '*[^0-9.]*'
                and stock_quantity not glob '[+-][+-]*'
                and stock_quantity not glob '*.*.*'
                and stock_quantity not glob '*.'
                and stock_quantity not glob '*.?????*'
                and stock_quantity not glob '*.*[1-9]*'
                and (
                    length(ltrim(stock_quantity, '+-')) <= 12
                    or instr(ltrim(stock_quantity, '+-'), '.') between 2 and 13
                )
                then cast(stock_quantity as integer)
        end as stock_quantity
    from raw_products
);

update checked_products set reason = 'duplicate key'
where raw_row in (
    select raw_row
    from (
        select
            checked_products.raw_row,
            row_number() over (
                partition by checked_products.product_id
                order by
                    coalesce(raw.product_id, ''),
                    coalesce(raw.product_name, ''),
                    coalesce(raw.category, ''),
                    coalesce(raw.price, ''),
                    coalesce(raw.stock_quantity, ''),
                    raw.rowid
            ) as place
        from checked_products
        inner join raw_products as raw on checked_products.raw_row = raw.rowid
        where
            checked_products.reason is null
            and checked_products.product_id in (
                select product_id from checked_products
                where reason is null
                group by product_id
                having count(*) > 1
            )
    )
    where place > 1
);

create table stg_products (
    product_id text primary key,
    product_no integer not null,
    product_name text,
    category text,
    price real,
    stock_quantity integer
) without rowid;

insert into stg_products
select
    checked.product_id,
    checked.raw_row,
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
    )
from checked_products as checked
inner join raw_products as raw on checked.raw_row = raw.rowid
where checked.reason is not null;

-- Orders -------------------------------------------------------------------------

create temp table checked_orders (
    raw_row integer primary key,
    order_id text,
    reason text
);

insert into checked_orders
select
    raw_row,
    order_id,
    case
        when coalesce(order_id, '') in ('', '(unknown)') then 'missing key'
        when
            not (
                order_date
                glob '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]*'
                or order_date
                glob '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'
            )
            or order_date is null
            then 'bad date'
        when
            date(substr(order_date, 1, 10), '+0 days')
            is not substr(order_date, 1, 10)
            or order_date < '0001'
            then 'bad date'
        when
            substr(order_date, 1, 10)
            not between settings.earliest_date and settings.latest_date
            then 'date out of range'
    end
from (
    select
        rowid as raw_row,
        trim(order_id) as order_id,
        order_date
    from raw_orders
)
cross join settings;

update checked_orders set reason = 'duplicate key'
where raw_row in (
    select raw_row
    from (
        select
            checked_orders.raw_row,
            row_number() over (
                partition by checked_orders.order_id
                order by
                    coalesce(raw.order_id, ''),
                    coalesce(raw.customer_id, ''),
                    coalesce(raw.order_date, ''),
                    coalesce(raw.status, ''),
                    raw.rowid
            ) as place
        from checked_orders
        inner join raw_orders as raw on checked_orders.raw_row = raw.rowid
        where
            checked_orders.reason is null
            and checked_orders.order_id in (
                select order_id from checked_orders
                where reason is null
                group by order_id
                having count(*) > 1
            )
    )
    where place > 1
);

insert into stg_rejected_rows
select
    'raw_orders',
    nullif(nullif(checked.order_id, ''), '(unknown)'),
    checked.reason,
    json_object(
        'order_id', raw.order_id,
        'customer_id', raw.customer_id,
        'order_date', raw.order_date,
        'status', raw.status
    )
from checked_orders as checked
inner join raw_orders as raw on checked.raw_row = raw.rowid
where checked.reason is not null;

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
    select trim(raw.customer_id)
    from checked_orders as checked
    inner join raw_orders as raw on checked.raw_row = raw.rowid
    where
        checked.reason is null
        and coalesce(trim(raw.customer_id), '') not in ('', '(unknown)')
);

-- The order number is the raw row's: an integer to group and join lines by.
create table stg_orders (
    order_no integer primary key,
    order_id text not null,
    customer_key integer not null,
    time_key integer not null,
    order_date text not null,
    ordered_at text not null,
    status text not null,
    status_group text
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
    coalesce(nullif(lower(trim(raw.status)), ''), '(empty)') as status,
    order_status_map.status_group
from checked_orders as checked
inner join raw_orders as raw on checked.raw_row = raw.rowid
left join int_customer_keys on trim(raw.customer_id) = int_customer_keys.customer_id
left join order_status_map
    on
        coalesce(nullif(lower(trim(raw.status)), ''), '(empty)')
        = order_status_map.status
where checked.reason is null;

create unique index stg_orders_order_id on stg_orders (order_id);

-- Lines --------------------------------------------------------------------------

-- line_type: 1 sale, 2 return, 3 gift, 4 cancelled, 5 adjustment.
create table checked_lines (
    raw_row integer primary key,
    order_item_id text,
    product_id text,
    order_no integer,
    product_no integer,
    quantity integer,
    price real,
    line_total real,
    line_type integer,
    reason text
);

-- `limit -1` keeps SQLite from pasting the checks into every place that uses them.
-- The short patterns in front are the common shapes; the long test is the rule.
insert into checked_lines
select
    line.raw_row,
    line.order_item_id,
    line.product_id,
    orders.order_no,
    products.product_no,
    line.quantity,
    line.price,
    round(line.quantity * line.price, 4),
    case orders.status_group
        when 'sale'
            then
                case
                    when line.quantity > 0 and line.price > 0 then 1
                    when line.quantity < 0 and line.price > 0 then 2
                    when line.quantity > 0 and line.price = 0 then 3
                    else 5
                end
        when 'cancelled'
            then
                case
                    when line.quantity > 0 and line.price >= 0 then 4
                    when line.quantity < 0 and line.price > 0 then 2
                    else 5
                end
        else 5
    end,
    case
        when
            coalesce(line.order_item_id, '') in ('', '(unknown)')
            or coalesce(line.order_id, '') in ('', '(unknown)')
            then 'missing key'
        when line.quantity is null or line.price is null then 'bad number'
        when abs(line.quantity * line.price) >= 1e11 then 'bad number'
        when orders.order_no is null then 'order not found'
    end
from (
    select
        rowid as raw_row,
        trim(order_item_id) as order_item_id,
        trim(order_id) as order_id,
        trim(product_id) as product_id,
        case
            when quantity glob '[1-9]' or quantity glob '[1-9][0-9]'
                then cast(quantity as integer)
            when
                ltrim(quantity, '+-') glob '[0-9]*'
                and ltrim(quantity, '+-') not glob '*[^0-9.]*'
                and quantity not glob '[+-][+-]*'
                and quantity not glob '*.*.*'
                and quantity not glob '*.'
                and quantity not glob '*.?????*'
                and quantity not glob '*.*[1-9]*'
                and (
                    length(ltrim(quantity, '+-')) <= 12
                    or instr(ltrim(quantity, '+-'), '.') between 2 and 13
                )
                and cast(quantity as integer) between -2147483648 and 2147483647
                then cast(quantity as integer)
        end as quantity,
        case
            when
                price_per_item glob '[0-9].[0-9][0-9]'
                or price_per_item glob '[0-9][0-9].[0-9][0-9]'
                then cast(price_per_item as real)
            when
                ltrim(price_per_item, '+-') glob '[0-9]*'
                and ltrim(price_per_item, '+-') not glob '*[^0-9.]*'
                and price_per_item not glob '[+-][+-]*'
                and price_per_item not glob '*.*.*'
                and price_per_item not glob '*.'
                and price_per_item not glob '*.?????*'
                and (
                    length(ltrim(price_per_item, '+-')) <= 12
                    or instr(ltrim(price_per_item, '+-'), '.') between 2 and 13
                )
                then cast(price_per_item as real)
        end as price
    from raw_order_items
    limit -1
) as line
left join stg_orders as orders on line.order_id = orders.order_id
left join stg_products as products on line.product_id = products.product_id;

update checked_lines set reason = 'duplicate key'
where raw_row in (
    select raw_row
    from (
        select
            checked_lines.raw_row,
            row_number() over (
                partition by checked_lines.order_item_id
                order by
                    coalesce(raw.order_item_id, ''),
                    coalesce(raw.order_id, ''),
                    coalesce(raw.product_id, ''),
                    coalesce(raw.quantity, ''),
                    coalesce(raw.price_per_item, ''),
                    raw.rowid
            ) as place
        from checked_lines
        inner join raw_order_items as raw on checked_lines.raw_row = raw.rowid
        where
            checked_lines.reason is null
            and checked_lines.order_item_id in (
                select order_item_id from checked_lines
                where reason is null
                group by order_item_id
                having count(*) > 1
            )
    )
    where place > 1
);

insert into stg_rejected_rows
select
    'raw_order_items',
    nullif(nullif(checked.order_item_id, ''), '(unknown)'),
    checked.reason,
    json_object(
        'order_item_id', raw.order_item_id,
        'order_id', raw.order_id,
        'product_id', raw.product_id,
        'quantity', raw.quantity,
        'price_per_item', raw.price_per_item
    )
from checked_lines as checked
cross join raw_order_items as raw
where checked.raw_row = raw.rowid and checked.reason is not null;

-- Products named by an accepted line but absent from their file are inferred.
create table int_product_keys (
    product_key integer primary key,
    product_id text not null unique
);

insert into int_product_keys
select
    row_number() over (order by product_id),
    product_id
from (
    select product_id from stg_products
    union
    select product_id from checked_lines
    where
        product_no is null
        and reason is null
        and coalesce(product_id, '') not in ('', '(unknown)')
);

-- From here on every accepted line has a product number: the raw row's, less than 0
-- for an inferred product, 0 for none.
update checked_lines
set
    product_no = coalesce(
        (
            select -int_product_keys.product_key from int_product_keys
            where int_product_keys.product_id = checked_lines.product_id
        ),
        0
    )
where product_no is null and reason is null;

update settings set as_of_date = (select max(order_date) from stg_orders)
where as_of_date is null;
