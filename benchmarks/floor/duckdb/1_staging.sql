-- Raw text to checked, typed rows: customers, products, orders, lines, rejects.

create table order_status_map as
select
    unnest([
        'completed', 'complete', 'paid', 'shipped', 'delivered', 'fulfilled',
        'processing', 'pending', 'approved', 'authorized', 'invoiced', 'dispatched',
        'partially_paid', 'partially_refunded', 'on-hold', 'on hold', 'placed', 'new',
        'open', 'created', 'unfulfilled', 'awaiting fulfillment', 'awaiting shipment',
        'awaiting pickup', 'partially shipped', 'return_pending', 'wc-completed',
        'wc-processing', 'wc-on-hold', '(empty)'
    ]) as status,
    'sale' as status_group
union all
select
    unnest([
        'cancelled', 'canceled', 'voided', 'refunded', 'returned', 'failed',
        'expired', 'declined', 'trash', 'pending payment', 'pending_payment',
        'awaiting payment', 'draft', 'auto-draft', 'checkout-draft', 'unavailable',
        'closed', 'wc-pending', 'wc-checkout-draft', 'wc-cancelled', 'wc-refunded',
        'wc-failed', 'wc-trash'
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
                    '(?s)\d{4}-\d{2}-\d{2}([T ]([01]\d|2[0-3]):[0-5]\d.*)?'
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
select
    raw_row,
    case
        when content is not distinct from first_content then 'duplicate key'
        else 'conflicting duplicate'
    end as reason
from (
    select
        checked.raw_row,
        row(
            raw.name,
            raw.email,
            raw.address,
            raw.city,
            raw.country,
            raw.registration_date
        ) as content,
        row_number() over same_key as place,
        first_value(content) over same_key as first_content
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
    window same_key as (
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
    )
) as places
where place > 1;

update checked_customers set reason = duplicate_customers.reason
from duplicate_customers
where checked_customers.raw_row = duplicate_customers.raw_row;

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
    }) as varchar) as raw_row,
    cast(null as decimal(18, 4)) as amount
from checked_customers as checked
inner join raw_customers as raw on checked.raw_row = raw.rowid
where checked.reason is not null;

-- Products -----------------------------------------------------------------------

create temp table checked_products as
select
    raw.rowid as raw_row,
    trim(raw.product_id, ' ') as product_id,
    case
        when regexp_full_match(trim(raw.price, ' '), '[+-]?\d{1,12}(\.\d{1,4}0*)?')
            then cast(trim(raw.price, ' ') as decimal(18, 4))
    end as parsed_price,
    case
        when regexp_full_match(trim(raw.stock_quantity, ' '), '[+-]?\d{1,12}(\.0+)?')
            then try_cast(trim(raw.stock_quantity, ' ') as integer)
    end as parsed_stock,
    raw.price is not null and parsed_price is null as bad_price,
    raw.stock_quantity is not null and parsed_stock is null as bad_stock,
    case
        when coalesce(trim(raw.product_id, ' '), '') in ('', '(unknown)')
            then 'missing key'
    end as reason
from raw_products as raw;

create temp table duplicate_products as
select
    raw_row,
    case
        when content is not distinct from first_content then 'duplicate key'
        else 'conflicting duplicate'
    end as reason
from (
    select
        checked.raw_row,
        row(
            raw.product_name,
            raw.category,
            raw.price,
            raw.stock_quantity
        ) as content,
        row_number() over same_key as place,
        first_value(content) over same_key as first_content
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
    window same_key as (
        partition by checked.product_id
        order by
            coalesce(raw.product_id, ''),
            coalesce(raw.product_name, ''),
            coalesce(raw.category, ''),
            coalesce(raw.price, ''),
            coalesce(raw.stock_quantity, ''),
            checked.raw_row
    )
) as places
where place > 1;

update checked_products set reason = duplicate_products.reason
from duplicate_products
where checked_products.raw_row = duplicate_products.raw_row;

create table stg_products as
select
    checked.product_id,
    raw.product_name,
    raw.category,
    checked.parsed_price as price,
    checked.parsed_stock as stock_quantity
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
    }) as varchar),
    null
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
        when regexp_full_match(trim(raw.shipping, ' '), '[+-]?\d{1,12}(\.\d{1,4}0*)?')
            then cast(trim(raw.shipping, ' ') as decimal(18, 4))
    end as parsed_shipping,
    case
        when regexp_full_match(trim(raw.tax, ' '), '[+-]?\d{1,12}(\.\d{1,4}0*)?')
            then cast(trim(raw.tax, ' ') as decimal(18, 4))
    end as parsed_tax,
    raw.currency is not null
    and not regexp_full_match(trim(raw.currency, ' '), '[A-Za-z]{3}') as bad_currency,
    raw.shipping is not null and parsed_shipping is null as bad_shipping,
    raw.tax is not null and parsed_tax is null as bad_tax,
    case
        when coalesce(trim(raw.order_id, ' '), '') in ('', '(unknown)')
            then 'missing key'
        when
            raw.order_date is null
            or not regexp_full_match(
                raw.order_date, '(?s)\d{4}-\d{2}-\d{2}([T ]([01]\d|2[0-3]):[0-5]\d.*)?'
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
select
    raw_row,
    case
        when content is not distinct from first_content then 'duplicate key'
        else 'conflicting duplicate'
    end as reason
from (
    select
        checked.raw_row,
        row(
            raw.customer_id,
            raw.order_date,
            raw.status,
            raw.currency,
            raw.shipping,
            raw.tax
        ) as content,
        row_number() over same_key as place,
        first_value(content) over same_key as first_content
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
    window same_key as (
        partition by checked.order_id
        order by
            coalesce(raw.order_id, ''),
            coalesce(raw.customer_id, ''),
            coalesce(raw.order_date, ''),
            coalesce(raw.status, ''),
            coalesce(raw.currency, ''),
            coalesce(raw.shipping, ''),
            coalesce(raw.tax, ''),
            checked.raw_row
    )
) as places
where place > 1;

update checked_orders set reason = duplicate_orders.reason
from duplicate_orders
where checked_orders.raw_row = duplicate_orders.raw_row;

insert into stg_rejected_rows
select
    'raw_orders',
    nullif(nullif(checked.order_id, ''), '(unknown)'),
    checked.reason,
    cast(to_json({
        'order_id': raw.order_id,
        'customer_id': raw.customer_id,
        'order_date': raw.order_date,
        'status': raw.status,
        'currency': raw.currency,
        'shipping': raw.shipping,
        'tax': raw.tax
    }) as varchar),
    null
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
    order_status_map.status_group,
    checked.parsed_shipping as shipping,
    checked.parsed_tax as tax
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

-- line_type: 1 sale, 2 return, 3 return by credit note, 4 refund, 5 gift, 6 cancelled,
-- 7 adjustment.
create table checked_lines as
select
    line.raw_row,
    line.order_item_id,
    line.product_id,
    orders.order_no,
    line.quantity,
    line.price,
    line.line_total,
    case orders.status_group
        when 'sale'
            then
                case
                    when line.quantity > 0 and line.price > 0 and line.line_total >= 0
                        then 1
                    when line.quantity < 0 and line.price > 0 and line.line_total <= 0
                        then 2
                    when line.quantity = 0 and line.line_total < 0 then 4
                    when line.quantity > 0 and line.price = 0 and line.line_total = 0
                        then 5
                    else 7
                end
        when 'cancelled'
            then
                case
                    when line.quantity > 0 and line.price >= 0 and line.line_total >= 0
                        then 6
                    when line.quantity < 0 and line.price > 0 and line.line_total <= 0
                        then 3
                    else 7
                end
        else 7
    end as line_type,
    case
        when
            line_type = 1
            and line.stated_price > 0
            and line.line_total < line.list_total
            then cast(line.line_total - line.list_total as decimal(18, 4))
        else 0
    end as discount,
    line.total_text is not null and line.stated_total is null as bad_total,
    case
        when
            coalesce(line.order_item_id, '') in ('', '(unknown)')
            or coalesce(line.order_id, '') in ('', '(unknown)')
            then 'missing key'
        when line.list_total is null then 'bad number'
        when orders.order_no is not null then null
        when
            line.order_id in (
                select row_key from stg_rejected_rows
                where raw_table = 'raw_orders' and row_key is not null
            )
            then 'order rejected'
        else 'order not found'
    end as reason
from (
    select
        *,
        -- A price that is missing, or 0 beside a total, is the total's: whole
        -- ten-thousandths divided, halves away from zero.
        case
            when stated_price <> 0 or stated_total is null then stated_price
            when stated_price is null and price_text <> '' then null
            when quantity = 0 then 0
            else
                cast(
                    (case when (stated_total < 0) = (quantity < 0) then 1 else -1 end)
                    * (
                        (2 * ten_thousandths + abs(cast(quantity as bigint)))
                        // (2 * abs(cast(quantity as bigint)))
                    )
                    * 0.0001
                    as decimal(18, 4)
                )
        end as price,
        -- Only a total that is rejected is too large for the engine to multiply.
        case
            when abs(cast(quantity as double) * price) < 1e11
                then cast(quantity * price as decimal(18, 4))
        end as list_total,
        coalesce(stated_total, list_total) as line_total
    from (
        select
            rowid as raw_row,
            trim(order_item_id, ' ') as order_item_id,
            trim(order_id, ' ') as order_id,
            trim(product_id, ' ') as product_id,
            trim(quantity, ' ') as quantity_text,
            trim(price_per_item, ' ') as price_text,
            trim(line_total, ' ') as total_text,
            case
                when regexp_full_match(quantity_text, '[+-]?\d{1,12}(\.0+)?')
                    then try_cast(quantity_text as integer)
            end as quantity,
            case
                when regexp_full_match(price_text, '[+-]?\d{1,12}(\.\d{1,4}0*)?')
                    then cast(price_text as decimal(18, 4))
            end as stated_price,
            case
                when
                    regexp_full_match(total_text, '[+-]?\d{1,12}(\.\d{1,4}0*)?')
                    and abs(cast(total_text as decimal(18, 4))) < 1e11
                    then cast(total_text as decimal(18, 4))
            end as stated_total,
            cast(abs(cast(stated_total as decimal(22, 4))) * 10000 as bigint)
                as ten_thousandths
        from raw_order_items
    ) as texts
) as line
left join stg_orders as orders on line.order_id = orders.order_id;

-- What comes back from a cancelled order with goods was never sold.
update checked_lines set line_type = 7
where
    line_type = 3
    and order_no in (
        select order_no from checked_lines
        where
            quantity > 0
            and order_no in (select order_no from checked_lines where line_type = 3)
    );

create temp table duplicate_lines as
select
    raw_row,
    case
        when content is not distinct from first_content then 'duplicate key'
        else 'conflicting duplicate'
    end as reason
from (
    select
        checked.raw_row,
        row(
            raw.order_id,
            raw.product_id,
            raw.quantity,
            raw.price_per_item,
            raw.line_total
        ) as content,
        row_number() over same_key as place,
        first_value(content) over same_key as first_content
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
    window same_key as (
        partition by checked.order_item_id
        order by
            coalesce(raw.order_item_id, ''),
            coalesce(raw.order_id, ''),
            coalesce(raw.product_id, ''),
            coalesce(raw.quantity, ''),
            coalesce(raw.price_per_item, ''),
            coalesce(raw.line_total, ''),
            checked.raw_row
    )
) as places
where place > 1;

update checked_lines set reason = duplicate_lines.reason
from duplicate_lines
where checked_lines.raw_row = duplicate_lines.raw_row;

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
        'price_per_item': raw.price_per_item,
        'line_total': raw.line_total
    }) as varchar),
    checked.line_total
from (
    select
        raw_row,
        order_item_id,
        line_total,
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
