{{ config(post_hook="{{ index_on([]) }}") }}

{%- set columns = [
    'order_item_id', 'order_id', 'product_id', 'quantity', 'price_per_item',
    'line_total'
] %}

with

raw_order_items as (

    select * from {{ ref('raw_order_items') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

rejected_orders as (

    select distinct order_id from {{ ref('stg_orders_validated') }}
    where
        reject_reason is not null
        and order_id is not null

),

order_item_keys as (

    select {{ clean_key('order_item_id') }} as order_item_key

    from {{ ref('raw_order_items') }}

),

repeated_keys as (

    select order_item_key from order_item_keys
    group by order_item_key
    having count(*) > 1

),

-- what comes back from a cancelled order with goods was never sold
cancelled_with_goods as (

    select distinct {{ clean_key('order_id') }} as order_id

    from {{ ref('raw_order_items') }}
    where
        {{ clean_key('order_id') }} in (
            select orders.order_id from orders
            where orders.order_outcome = 'cancelled'
        )
        and {{ whole_number('quantity') }} > 0

),

parsed as (

    select
        {{ prefixed(columns, 'raw_order_items') }},
        {{ clean_key('raw_order_items.order_item_id') }} as clean_order_item_id,
        {{ clean_key('raw_order_items.order_id') }} as clean_order_id,
        orders.order_outcome,
        rejected_orders.order_id is not null as is_order_rejected,
        cancelled_with_goods.order_id is null as is_without_goods,
        repeated_keys.order_item_key is not null as is_repeated,
        {{ whole_number('raw_order_items.quantity') }} as units,
        {{ parse_money('raw_order_items.price_per_item') }} as stated_price,
        {{ parse_line_total('raw_order_items.line_total') }} as stated_total

    from raw_order_items
    left join repeated_keys
        on
            {{ clean_key('raw_order_items.order_item_id') }}
            = repeated_keys.order_item_key
    left join orders
        on {{ clean_key('raw_order_items.order_id') }} = orders.order_id
    left join rejected_orders
        on {{ clean_key('raw_order_items.order_id') }} = rejected_orders.order_id
    left join cancelled_with_goods
        on {{ clean_key('raw_order_items.order_id') }} = cancelled_with_goods.order_id

),

-- a price that is missing, or 0 beside a total, is the total's
priced as (

    select
        *,
        case
            when stated_price != 0 or stated_total is null then stated_price
            when stated_price is null and {{ trim_blanks('price_per_item') }} != ''
                then null
            when units = 0 then {{ to_money('0') }}
            else {{ money_quotient('stated_total', 'units') }}
        end as price

    from parsed

),

valued as (

    select
        *,
        case
            when
                abs(cast(units as {{ ratio_type() }}) * price)
                < {{ line_total_limit() }}
                then {{ to_money('units * price') }}
        end as list_total

    from priced

),

judged as (

    select
        *,
        case
            when clean_order_item_id is null or clean_order_id is null
                then 'missing key'
            when list_total is null then 'bad number'
            when order_outcome is null and is_order_rejected then 'order rejected'
            when order_outcome is null then 'order not found'
        end as row_fault

    from valued

),

{{ first_of_each_key('judged', 'clean_order_item_id', columns) }}

totalled as (

    select
        *,
        coalesce(stated_total, list_total) as line_item_total

    from deduplicated

),

classified as (

    select
        *,
        case
            when order_outcome = 'sale'
                then case
                    when units > 0 and price > 0 and line_item_total >= 0 then 'sale'
                    when units < 0 and price > 0 and line_item_total <= 0 then 'return'
                    when units = 0 and line_item_total < 0 then 'refund'
                    when units > 0 and price = 0 and line_item_total = 0 then 'gift'
                    else 'adjustment'
                end
            when order_outcome = 'cancelled'
                then case
                    when units > 0 and price >= 0 and line_item_total >= 0
                        then 'cancelled'
                    when
                        units < 0 and price > 0 and line_item_total <= 0
                        and is_without_goods
                        then 'return'
                    else 'adjustment'
                end
            else 'adjustment'
        end as line_type

    from totalled

),

typed as (

    select
        clean_order_item_id as order_item_id,
        clean_order_id as order_id,
        {{ clean_key('product_id') }} as product_id,
        line_type,
        reject_reason,
        case
            when line_total is not null and stated_total is null then 'bad number'
        end as line_total_fault,
        case
            when reject_reason is not null then {{ row_as_json(columns) }}
        end as row_json,
        units as quantity,
        price as price_per_item,
        line_item_total,
        -- a price that is the total's has no discount but what rounding made
        case
            when
                line_type = 'sale'
                and stated_price > 0
                and line_item_total < list_total
                then {{ to_money('line_item_total - list_total') }}
            else {{ to_money('0') }}
        end as discount_amount

    from classified

)

select * from typed
