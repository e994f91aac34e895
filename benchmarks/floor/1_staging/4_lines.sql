-- Raw text to checked, typed rows and rejects: lines.

-- line_type: 1 sale, 2 return, 3 return by credit note, 4 refund, 5 gift, 6 cancelled,
-- 7 adjustment.
create table checked_order_items (
    raw_row integer primary key,
    order_item_id text,
    product_id text,
    order_no integer,
    product_no integer,
    quantity integer,
    price exact_real,
    line_total exact_real,
    discount exact_real,
    line_type integer,
    bad_total boolean,
    reason text
);

insert into checked_order_items
select
    line.raw_row,
    line.order_item_id,
    line.product_id,
    orders.order_no,
    products.product_no,
    line.quantity,
    line.price,
    coalesce(line.stated_total, line.list_total),
    case
        when
            orders.order_outcome = 'sale'
            and line.quantity > 0
            and line.stated_price > 0
            and line.stated_total >= 0
            and line.stated_total < line.list_total
            then round(line.stated_total - line.list_total, 4)
        else 0.0
    end,
    case orders.order_outcome
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
    line.total_text is not null and line.stated_total is null,
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
    end
from (
    select
        *,
        -- Only a total that is rejected is too large for a decimal.
        case
            when abs(cast(quantity as double) * price) < 1e11
                then round(quantity * price, 4)
        end as list_total
    from (
        select
            *,
            -- A price that is missing, or 0 beside a total, is the total's: whole
            -- ten-thousandths divided, halves away from zero.
            case
                when stated_price <> 0 or stated_total is null then stated_price
                when stated_price is null and trim(price_text) <> '' then null
                when quantity = 0 then 0.0
                else
                    cast(
                        (case when (stated_total < 0) = (quantity < 0) then 1 else -1 end)
                        * (
                            (
                                2
                                * cast(
                                    round(abs(cast(stated_total as double)) * 10000)
                                    as bigint
                                )
                                + abs(cast(quantity as bigint))
                            )
                            / (2 * abs(cast(quantity as bigint)))
                        )
                        / 10000.0
                        as exact_real
                    )
            end as price
        from (
            select
                rowid as raw_row,
                trim(order_item_id) as order_item_id,
                trim(order_id) as order_id,
                trim(product_id) as product_id,
                price_per_item as price_text,
                line_total as total_text,
                case
                    when quantity glob '[1-9]' or quantity glob '[1-9][0-9]'
                        then cast(quantity as integer)
                    else whole_of(quantity)
                end as quantity,
                case
                    when
                        price_per_item glob '[0-9].[0-9][0-9]'
                        or price_per_item glob '[0-9][0-9].[0-9][0-9]'
                        then cast(price_per_item as exact_real)
                    else number_of(price_per_item)
                end as stated_price,
                case
                    when
                        line_total glob '[0-9].[0-9][0-9]'
                        or line_total glob '[0-9][0-9].[0-9][0-9]'
                        or line_total glob '[0-9][0-9][0-9].[0-9][0-9]'
                        then cast(line_total as exact_real)
                    when abs(number_of(line_total)) < 1e11 then number_of(line_total)
                end as stated_total
            from raw_order_items
            limit -1
        ) as typed
        limit -1
    ) as priced
) as line
left join stg_orders as orders on line.order_id = orders.order_id
left join stg_products as products on line.product_id = products.product_id;

-- What comes back from a cancelled order with goods was never sold.
update checked_order_items set line_type = 7
where
    line_type = 3
    and order_no in (
        select order_no from checked_order_items
        where
            quantity > 0
            and order_no in (select order_no from checked_order_items where line_type = 3)
    );

-- rejects of raw_order_items

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
    select product_id from checked_order_items
    where
        product_no is null
        and reason is null
        and coalesce(product_id, '') not in ('', '(unknown)')
) as products;

-- From here on every accepted line has a product number: less than 0 for an inferred
-- product, 0 for none.
update checked_order_items
set
    product_no = coalesce(
        (
            select -int_product_keys.product_key from int_product_keys
            where int_product_keys.product_id = checked_order_items.product_id
        ),
        0
    )
where product_no is null and reason is null;

update settings set as_of_date = (select max(order_date) from stg_orders)
where as_of_date is null;
