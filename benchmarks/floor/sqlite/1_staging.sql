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
      "partially_refunded","on-hold","on hold","placed","new","open","created",
      "unfulfilled","awaiting fulfillment","awaiting shipment","awaiting pickup",
      "partially shipped","return_pending","wc-completed","wc-processing",
      "wc-on-hold","(empty)"]'
);

insert into order_status_map
select
    value,
    'cancelled'
from json_each(
    '["cancelled","canceled","voided","refunded","returned","failed","expired",
      "declined","trash","pending payment","pending_payment","awaiting payment",
      "draft","auto-draft","checkout-draft","unavailable","closed","wc-pending",
      "wc-checkout-draft","wc-cancelled","wc-refunded","wc-failed","wc-trash"]'
);

create table stg_rejected_rows (
    raw_table text not null,
    row_key text,
    reason text not null,
    raw_row text not null,
    amount real
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
                        glob '??????????[T ][01][0-9]:[0-5][0-9]*'
                        or registration_date
                        glob '??????????[T ]2[0-3]:[0-5][0-9]*'
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

update checked_customers
set
    reason = case
        when places.content = places.first_content then 'duplicate key'
        else 'conflicting duplicate'
    end
from (
    select
        *,
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
    )
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
    ),
    null
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
        raw_row,
        product_id,
        raw_price,
        raw_stock,
        case
            when
                ltrim(price, '+-') glob '[0-9]*'
                and ltrim(price, '+-') not glob '*[^0-9.]*'
                and price not glob '[+-][+-]*'
                and price not glob '*.*.*'
                and price not glob '*.'
                and rtrim(price, '0') not glob '*.?????*'
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
                and stock_quantity not glob '*.*[1-9]*'
                and (
                    length(ltrim(stock_quantity, '+-')) <= 12
                    or instr(ltrim(stock_quantity, '+-'), '.') between 2 and 13
                )
                then cast(stock_quantity as integer)
        end as stock_quantity
    from (
        select
            rowid as raw_row,
            trim(product_id) as product_id,
            price as raw_price,
            stock_quantity as raw_stock,
            trim(price) as price,
            trim(stock_quantity) as stock_quantity
        from raw_products
    )
);

update checked_products
set
    reason = case
        when places.content = places.first_content then 'duplicate key'
        else 'conflicting duplicate'
    end
from (
    select
        *,
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
    )
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
    ),
    null
from checked_products as checked
inner join raw_products as raw on checked.raw_row = raw.rowid
where checked.reason is not null;

-- Orders -------------------------------------------------------------------------

create temp table checked_orders (
    raw_row integer primary key,
    order_id text,
    shipping real,
    tax real,
    bad_currency integer not null,
    bad_shipping integer not null,
    bad_tax integer not null,
    reason text
);

-- `limit -1` keeps SQLite from pasting the checks into every place that uses them.
-- The short patterns in front are the common shapes; the long test is the rule.
insert into checked_orders
select
    raw_row,
    order_id,
    shipping,
    tax,
    currency is not null and trim(currency) not glob '[A-Za-z][A-Za-z][A-Za-z]',
    shipping_text is not null and shipping is null,
    tax_text is not null and tax is null,
    case
        when coalesce(order_id, '') in ('', '(unknown)') then 'missing key'
        when
            not (
                order_date
                glob '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9][T ][01][0-9]:[0-5][0-9]*'
                or order_date
                glob '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9][T ]2[0-3]:[0-5][0-9]*'
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
        order_date,
        currency,
        shipping as shipping_text,
        tax as tax_text,
        case
            when
                shipping glob '[0-9].[0-9][0-9]'
                or shipping glob '[0-9][0-9].[0-9][0-9]'
                then cast(shipping as real)
            when
                ltrim(trim(shipping), '+-') glob '[0-9]*'
                and ltrim(trim(shipping), '+-') not glob '*[^0-9.]*'
                and trim(shipping) not glob '[+-][+-]*'
                and trim(shipping) not glob '*.*.*'
                and trim(shipping) not glob '*.'
                and rtrim(trim(shipping), '0') not glob '*.?????*'
                and (
                    length(ltrim(trim(shipping), '+-')) <= 12
                    or instr(ltrim(trim(shipping), '+-'), '.') between 2 and 13
                )
                then cast(trim(shipping) as real)
        end as shipping,
        case
            when
                tax glob '[0-9].[0-9][0-9]'
                or tax glob '[0-9][0-9].[0-9][0-9]'
                or tax glob '[0-9][0-9][0-9].[0-9][0-9]'
                then cast(tax as real)
            when
                ltrim(trim(tax), '+-') glob '[0-9]*'
                and ltrim(trim(tax), '+-') not glob '*[^0-9.]*'
                and trim(tax) not glob '[+-][+-]*'
                and trim(tax) not glob '*.*.*'
                and trim(tax) not glob '*.'
                and rtrim(trim(tax), '0') not glob '*.?????*'
                and (
                    length(ltrim(trim(tax), '+-')) <= 12
                    or instr(ltrim(trim(tax), '+-'), '.') between 2 and 13
                )
                then cast(trim(tax) as real)
        end as tax
    from raw_orders
    limit -1
)
cross join settings;

update checked_orders
set
    reason = case
        when places.content = places.first_content then 'duplicate key'
        else 'conflicting duplicate'
    end
from (
    select
        *,
        row_number() over same_key as place,
        first_value(content) over same_key as first_content
    from (
        select
            checked.raw_row,
            checked.order_id as clean_id,
            raw.*,
            json_array(
                raw.customer_id,
                raw.order_date,
                raw.status,
                raw.currency,
                raw.shipping,
                raw.tax
            ) as content
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
    )
    window same_key as (
        partition by clean_id
        order by
            coalesce(order_id, ''),
            coalesce(customer_id, ''),
            coalesce(order_date, ''),
            coalesce(status, ''),
            coalesce(currency, ''),
            coalesce(shipping, ''),
            coalesce(tax, ''),
            raw_row
    )
) as places
where checked_orders.raw_row = places.raw_row and places.place > 1;

insert into stg_rejected_rows
select
    'raw_orders',
    nullif(nullif(checked.order_id, ''), '(unknown)'),
    checked.reason,
    json_object(
        'order_id', raw.order_id,
        'customer_id', raw.customer_id,
        'order_date', raw.order_date,
        'status', raw.status,
        'currency', raw.currency,
        'shipping', raw.shipping,
        'tax', raw.tax
    ),
    null
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
    status_group text,
    shipping real,
    tax real
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
    order_status_map.status_group,
    checked.shipping,
    checked.tax
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

-- line_type: 1 sale, 2 return, 3 return by credit note, 4 refund, 5 gift, 6 cancelled,
-- 7 adjustment.
create table checked_lines (
    raw_row integer primary key,
    order_item_id text,
    product_id text,
    order_no integer,
    product_no integer,
    quantity integer,
    price real,
    line_total real,
    discount real,
    line_type integer,
    bad_total integer,
    reason text
);

insert into checked_lines
select
    line.raw_row,
    line.order_item_id,
    line.product_id,
    orders.order_no,
    products.product_no,
    line.quantity,
    line.price,
    case
        when line.stated_total is not null then line.stated_total
        when abs(line.quantity * line.price) < 1e11
            then round(line.quantity * line.price, 4)
    end,
    case
        when
            orders.status_group = 'sale'
            and line.quantity > 0
            and line.stated_price > 0
            and line.stated_total >= 0
            then min(round(line.stated_total - line.quantity * line.price, 4), 0.0)
        else 0.0
    end,
    case orders.status_group
        when 'sale'
            then
                case
                    when
                        line.quantity > 0
                        and line.price > 0
                        and coalesce(line.stated_total, 0) >= 0
                        then 1
                    when
                        line.quantity < 0
                        and line.price > 0
                        and coalesce(line.stated_total, 0) <= 0
                        then 2
                    when line.quantity = 0 and line.stated_total < 0 then 4
                    when
                        line.quantity > 0
                        and line.price = 0
                        and coalesce(line.stated_total, 0) = 0
                        then 5
                    else 7
                end
        when 'cancelled'
            then
                case
                    when
                        line.quantity > 0
                        and line.price >= 0
                        and coalesce(line.stated_total, 0) >= 0
                        then 6
                    when
                        line.quantity < 0
                        and line.price > 0
                        and coalesce(line.stated_total, 0) <= 0
                        then 3
                    else 7
                end
        else 7
    end,
    line.line_total is not null and line.stated_total is null,
    case
        when
            coalesce(line.order_item_id, '') in ('', '(unknown)')
            or coalesce(line.order_id, '') in ('', '(unknown)')
            then 'missing key'
        when line.quantity is null or line.price is null then 'bad number'
        when abs(line.quantity * line.price) >= 1e11 then 'bad number'
        when orders.order_no is not null then null
        when
            line.order_id in (
                select row_key from stg_rejected_rows
                where raw_table = 'raw_orders'
            )
            then 'order rejected'
        else 'order not found'
    end
from (
    select
        *,
        -- A price that is missing, or 0 beside a total, is the total's: whole
        -- ten-thousandths divided, halves away from zero.
        case
            when stated_price <> 0 or stated_total is null then stated_price
            when stated_price is null and trim(price_per_item) <> '' then null
            when quantity = 0 then 0.0
            else
                (case when (stated_total < 0) = (quantity < 0) then 1 else -1 end)
                * (
                    (
                        2 * cast(round(abs(stated_total) * 10000) as integer)
                        + abs(quantity)
                    )
                    / (2 * abs(quantity))
                )
                / 10000.0
        end as price
    from (
        select
            rowid as raw_row,
            trim(order_item_id) as order_item_id,
            trim(order_id) as order_id,
            trim(product_id) as product_id,
            price_per_item,
            line_total,
            case
                when quantity glob '[1-9]' or quantity glob '[1-9][0-9]'
                    then cast(quantity as integer)
                when
                    ltrim(trim(quantity), '+-') glob '[0-9]*'
                    and ltrim(trim(quantity), '+-') not glob '*[^0-9.]*'
                    and trim(quantity) not glob '[+-][+-]*'
                    and trim(quantity) not glob '*.*.*'
                    and trim(quantity) not glob '*.'
                    and trim(quantity) not glob '*.*[1-9]*'
                    and (
                        length(ltrim(trim(quantity), '+-')) <= 12
                        or instr(ltrim(trim(quantity), '+-'), '.') between 2 and 13
                    )
                    and cast(trim(quantity) as integer) between -2147483648 and 2147483647
                    then cast(trim(quantity) as integer)
            end as quantity,
            case
                when
                    price_per_item glob '[0-9].[0-9][0-9]'
                    or price_per_item glob '[0-9][0-9].[0-9][0-9]'
                    then cast(price_per_item as real)
                when
                    ltrim(trim(price_per_item), '+-') glob '[0-9]*'
                    and ltrim(trim(price_per_item), '+-') not glob '*[^0-9.]*'
                    and trim(price_per_item) not glob '[+-][+-]*'
                    and trim(price_per_item) not glob '*.*.*'
                    and trim(price_per_item) not glob '*.'
                    and rtrim(trim(price_per_item), '0') not glob '*.?????*'
                    and (
                        length(ltrim(trim(price_per_item), '+-')) <= 12
                        or instr(ltrim(trim(price_per_item), '+-'), '.') between 2 and 13
                    )
                    then cast(trim(price_per_item) as real)
            end as stated_price,
            case
                when
                    line_total glob '[0-9].[0-9][0-9]'
                    or line_total glob '[0-9][0-9].[0-9][0-9]'
                    or line_total glob '[0-9][0-9][0-9].[0-9][0-9]'
                    then cast(line_total as real)
                when
                    ltrim(trim(line_total), '+-') glob '[0-9]*'
                    and ltrim(trim(line_total), '+-') not glob '*[^0-9.]*'
                    and trim(line_total) not glob '[+-][+-]*'
                    and trim(line_total) not glob '*.*.*'
                    and trim(line_total) not glob '*.'
                    and rtrim(trim(line_total), '0') not glob '*.?????*'
                    and (
                        length(ltrim(trim(line_total), '+-')) <= 12
                        or instr(ltrim(trim(line_total), '+-'), '.') between 2 and 13
                    )
                    and abs(cast(trim(line_total) as real)) < 1e11
                    then cast(trim(line_total) as real)
            end as stated_total
        from raw_order_items
        limit -1
    )
    limit -1
) as line
left join stg_orders as orders on line.order_id = orders.order_id
left join stg_products as products on line.product_id = products.product_id;

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

update checked_lines
set
    reason = case
        when places.content = places.first_content then 'duplicate key'
        else 'conflicting duplicate'
    end
from (
    select
        *,
        row_number() over same_key as place,
        first_value(content) over same_key as first_content
    from (
        select
            checked.raw_row,
            checked.order_item_id as clean_id,
            raw.*,
            json_array(
                raw.order_id,
                raw.product_id,
                raw.quantity,
                raw.price_per_item,
                raw.line_total
            ) as content
        from checked_lines as checked
        inner join raw_order_items as raw on checked.raw_row = raw.rowid
        where
            checked.reason is null
            and checked.order_item_id in (
                select order_item_id from checked_lines
                where reason is null
                group by order_item_id
                having count(*) > 1
            )
    )
    window same_key as (
        partition by clean_id
        order by
            coalesce(order_item_id, ''),
            coalesce(order_id, ''),
            coalesce(product_id, ''),
            coalesce(quantity, ''),
            coalesce(price_per_item, ''),
            coalesce(line_total, ''),
            raw_row
    )
) as places
where checked_lines.raw_row = places.raw_row and places.place > 1;

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
        'price_per_item', raw.price_per_item,
        'line_total', raw.line_total
    ),
    checked.line_total
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
