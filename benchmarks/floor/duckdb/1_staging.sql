-- Raw text to checked, typed rows: customers, products, orders, lines, rejects.

create table order_status_map as
select
    unnest([
        'completed', 'complete', 'paid', 'shipped', 'delivered', 'fulfilled',
        'processing', 'pending', 'approved', 'authorized', 'invoiced', 'dispatched',
        'partially_paid', 'partially_refunded', '(empty)'
    ]) as status,
    'sale' as status_group
union all
select
    unnest([
        'cancelled', 'canceled', 'voided', 'refunded', 'returned', 'failed',
        'expired', 'declined', 'trash'
    ]) as status,
    'cancelled' as status_group;

-- Customers ----------------------------------------------------------------------

create temp table checked_customers as
select
    raw_row,
    customer_id,
    case when value_reason is null then registration_date end as registration_date,
    value_reason,
    case
        when coalesce(customer_id, '') in ('', '(unknown)') then 'missing key'
    end as reason
from (
    select
        raw.rowid as raw_row,
        trim(raw.customer_id, ' ') as customer_id,
        try_cast(substr(raw.registration_date, 1, 10) as date) as registration_date,
        case
            when raw.registration_date is null then null
            when
                not regexp_full_match(
                    raw.registration_date,
                    '(?s)\d{4}-\d{2}-\d{2}([T ][0-2]\d:[0-5]\d.*)?'
                )
                or try_cast(substr(raw.registration_date, 1, 10) as date) is null
                or raw.registration_date < '0001'
                then 'bad date'
            when
                cast(substr(raw.registration_date, 1, 10) as date)
                not between settings.earliest_date and settings.latest_date
                then 'date out of range'
        end as value_reason
    from raw_customers as raw
    cross join settings
);

create temp table duplicate_customers as
select raw_row
from (
    select
        checked.raw_row,
        row_number() over (
            partition by checked.customer_id
            order by
                coalesce(raw.customer_id, ''),
                coalesce(raw.name, ''),
                coalesce(raw.email, ''),
                coalesce(raw.address, ''),
                coalesce(raw.city, ''),
                coalesce(raw.country, ''),
                coalesce(raw.registration_date, ''),
                checked.raw_row
        ) as place
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
) as places
where place > 1;

update checked_customers set reason = 'duplicate key'
where raw_row in (select raw_row from duplicate_customers);

create table stg_customers as
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
where checked.reason is null;

create table stg_rejected_rows as
select
    'raw_customers' as raw_table,
    nullif(nullif(checked.customer_id, ''), '(unknown)') as row_key,
    checked.reason,
    cast(to_json({
        'customer_id': raw.customer_id,
        'name': raw.name,
        'email': raw.email,
        'address': raw.address,
        'city': raw.city,
        'country': raw.country,
        'registration_date': raw.registration_date
    }) as varchar) as raw_row
from checked_customers as checked
inner join raw_customers as raw on checked.raw_row = raw.rowid
where checked.reason is not null;

-- Products -----------------------------------------------------------------------

create temp table checked_products as
select
    raw.rowid as raw_row,
    trim(raw.product_id, ' ') as product_id,
    case
        when regexp_full_match(raw.price, '[+-]?\d{1,12}(\.\d{1,4})?')
            then cast(raw.price as decimal(18, 4))
    end as price,
    case
        when regexp_full_match(raw.stock_quantity, '[+-]?\d{1,12}(\.0{1,4})?')
            then try_cast(raw.stock_quantity as integer)
    end as stock_quantity,
    raw.price is not null
    and not regexp_full_match(raw.price, '[+-]?\d{1,12}(\.\d{1,4})?') as bad_price,
    raw.stock_quantity is not null
    and (
        not regexp_full_match(raw.stock_quantity, '[+-]?\d{1,12}(\.0{1,4})?')
        or try_cast(raw.stock_quantity as integer) is null
    ) as bad_stock,
    case
        when coalesce(trim(raw.product_id, ' '), '') in ('', '(unknown)')
            then 'missing key'
    end as reason
from raw_products as raw;

create temp table duplicate_products as
select raw_row
from (
    select
        checked.raw_row,
        row_number() over (
            partition by checked.product_id
            order by
                coalesce(raw.product_id, ''),
                coalesce(raw.product_name, ''),
                coalesce(raw.category, ''),
                coalesce(raw.price, ''),
                coalesce(raw.stock_quantity, ''),
                checked.raw_row
        ) as place
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
) as places
where place > 1;

update checked_products set reason = 'duplicate key'
where raw_row in (select raw_row from duplicate_products);

create table stg_products as
select
    checked.product_id,
    raw.product_name,
    raw.category,
    checked.price,
    checked.stock_quantity
from checked_products as checked
inner join raw_products as raw on checked.raw_row = raw.rowid
where checked.reason is null;

insert into stg_rejected_rows
select
    'raw_products',
    nullif(nullif(checked.product_id, ''), '(unknown)'),
    checked.reason,
    cast(to_json({
        'product_id': raw.product_id,
        'product_name': raw.product_name,
        'category': raw.category,
        'price': raw.price,
        'stock_quantity': raw.stock_quantity
    }) as varchar)
from checked_products as checked
inner join raw_products as raw on checked.raw_row = raw.rowid
where checked.reason is not null;

-- Orders -------------------------------------------------------------------------

create temp table checked_orders as
select
    raw.rowid as raw_row,
    trim(raw.order_id, ' ') as order_id,
    try_cast(substr(raw.order_date, 1, 10) as date) as order_date,
    case
        when coalesce(trim(raw.order_id, ' '), '') in ('', '(unknown)')
            then 'missing key'
        when
            raw.order_date is null
            or not regexp_full_match(
                raw.order_date, '(?s)\d{4}-\d{2}-\d{2}([T ][0-2]\d:[0-5]\d.*)?'
            )
            or try_cast(substr(raw.order_date, 1, 10) as date) is null
            or raw.order_date < '0001'
            then 'bad date'
        when
            cast(substr(raw.order_date, 1, 10) as date)
            not between settings.earliest_date and settings.latest_date
            then 'date out of range'
    end as reason
from raw_orders as raw
cross join settings;

create temp table duplicate_orders as
select raw_row
from (
    select
        checked.raw_row,
        row_number() over (
            partition by checked.order_id
            order by
                coalesce(raw.order_id, ''),
                coalesce(raw.customer_id, ''),
                coalesce(raw.order_date, ''),
                coalesce(raw.status, ''),
                checked.raw_row
        ) as place
    from checked_orders as checked
    inner join raw_orders as raw on checked.raw_row = raw.rowid
    where
        checked.reason is null
        and checked.order_id in (
            select order_id from checked_orders
            where reason is null
            group by order_id
            having count(*) > 1
        )
) as places
where place > 1;

update checked_orders set reason = 'duplicate key'
where raw_row in (select raw_row from duplicate_orders);

insert into stg_rejected_rows
select
    'raw_orders',
    nullif(nullif(checked.order_id, ''), '(unknown)'),
    checked.reason,
    cast(to_json({
        'order_id': raw.order_id,
        'customer_id': raw.customer_id,
        'order_date': raw.order_date,
        'status': raw.status
    }) as varchar)
from checked_orders as checked
inner join raw_orders as raw on checked.raw_row = raw.rowid
where checked.reason is not null;

-- Customers named by an accepted order but absent from their file are inferred.
create table int_customer_keys as
select
    cast(row_number() over (order by customer_id) as bigint) as customer_key,
    customer_id
from (
    select customer_id from stg_customers
    union
    select trim(raw.customer_id, ' ') as customer_id
    from checked_orders as checked
    inner join raw_orders as raw on checked.raw_row = raw.rowid
    where
        checked.reason is null
        and coalesce(trim(raw.customer_id, ' '), '') not in ('', '(unknown)')
) as customers;

-- The order number is the raw row's: an integer to group and join lines by.
create table stg_orders as
select
    checked.raw_row as order_no,
    checked.order_id,
    coalesce(int_customer_keys.customer_key, -1) as customer_key,
    cast(strftime(checked.order_date, '%Y%m%d') as integer) as time_key,
    checked.order_date,
    case
        when length(raw.order_date) = 10 then raw.order_date
        else concat(substr(raw.order_date, 1, 10), ' ', substr(raw.order_date, 12))
    end as ordered_at,
    coalesce(nullif(lower(trim(raw.status, ' ')), ''), '(empty)') as status,
    order_status_map.status_group
from checked_orders as checked
inner join raw_orders as raw on checked.raw_row = raw.rowid
left join int_customer_keys
    on trim(raw.customer_id, ' ') = int_customer_keys.customer_id
left join order_status_map
    on
        coalesce(nullif(lower(trim(raw.status, ' ')), ''), '(empty)')
        = order_status_map.status
where checked.reason is null;

-- Lines --------------------------------------------------------------------------

-- line_type: 1 sale, 2 return, 3 gift, 4 cancelled, 5 adjustment.
create table checked_lines as
select
    line.raw_row,
    line.order_item_id,
    line.product_id,
    orders.order_no,
    line.quantity,
    line.price,
    -- Only a total that is rejected below is too large for the engine to multiply.
    case
        when abs(cast(line.quantity as double) * line.price) < 1e11
            then cast(line.quantity * line.price as decimal(18, 4))
    end as line_total,
    case
        when orders.status_group = 'sale'
            then
                case
                    when line.quantity > 0 and line.price > 0 then 1
                    when line.quantity < 0 and line.price > 0 then 2
                    when line.quantity > 0 and line.price = 0 then 3
                    else 5
                end
        when orders.status_group = 'cancelled'
            then
                case
                    when line.quantity > 0 and line.price >= 0 then 4
                    when line.quantity < 0 and line.price > 0 then 2
                    else 5
                end
        else 5
    end as line_type,
    case
        when
            coalesce(line.order_item_id, '') in ('', '(unknown)')
            or coalesce(line.order_id, '') in ('', '(unknown)')
            then 'missing key'
        when line.quantity is null or line.price is null then 'bad number'
        when abs(cast(line.quantity as double) * line.price) >= 1e11
            then 'bad number'
        when orders.order_no is null then 'order not found'
    end as reason
from (
    select
        rowid as raw_row,
        trim(order_item_id, ' ') as order_item_id,
        trim(order_id, ' ') as order_id,
        trim(product_id, ' ') as product_id,
        case
            when regexp_full_match(quantity, '[+-]?\d{1,12}(\.0{1,4})?')
                then try_cast(quantity as integer)
        end as quantity,
        case
            when regexp_full_match(price_per_item, '[+-]?\d{1,12}(\.\d{1,4})?')
                then cast(price_per_item as decimal(18, 4))
        end as price
    from raw_order_items
) as line
left join stg_orders as orders on line.order_id = orders.order_id;

create temp table duplicate_lines as
select raw_row
from (
    select
        checked.raw_row,
        row_number() over (
            partition by checked.order_item_id
            order by
                coalesce(raw.order_item_id, ''),
                coalesce(raw.order_id, ''),
                coalesce(raw.product_id, ''),
                coalesce(raw.quantity, ''),
                coalesce(raw.price_per_item, ''),
                checked.raw_row
        ) as place
    from (
        select
            raw_row,
            order_item_id
        from checked_lines
        where
            reason is null
            and order_item_id in (
                select order_item_id from checked_lines
                where reason is null
                group by order_item_id
                having count(*) > 1
            )
    ) as checked
    inner join raw_order_items as raw on checked.raw_row = raw.rowid
) as places
where place > 1;

update checked_lines set reason = 'duplicate key'
where raw_row in (select raw_row from duplicate_lines);

insert into stg_rejected_rows
select
    'raw_order_items',
    nullif(nullif(checked.order_item_id, ''), '(unknown)'),
    checked.reason,
    cast(to_json({
        'order_item_id': raw.order_item_id,
        'order_id': raw.order_id,
        'product_id': raw.product_id,
        'quantity': raw.quantity,
        'price_per_item': raw.price_per_item
    }) as varchar)
from (
    select
        raw_row,
        order_item_id,
        reason
    from checked_lines
    where reason is not null
) as checked
inner join raw_order_items as raw on checked.raw_row = raw.rowid;

-- Products named by an accepted line but absent from their file are inferred.
create table int_product_keys as
select
    cast(row_number() over (order by product_id) as bigint) as product_key,
    product_id
from (
    select product_id from stg_products
    union
    select product_id from checked_lines
    where reason is null and coalesce(product_id, '') not in ('', '(unknown)')
) as products;

update settings set as_of_date = (select max(order_date) from stg_orders)
where as_of_date is null;
