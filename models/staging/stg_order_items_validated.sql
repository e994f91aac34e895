{{ config(post_hook="{{ index_on([]) }}") }}

{%- set columns = [
    'order_item_id', 'order_id', 'product_id', 'quantity', 'price_per_item',
    'line_total'
] %}

with

orders as (

    select * from {{ ref('stg_orders') }}

),

rejected_orders as (

    select distinct order_id from {{ ref('stg_orders_validated') }}
    where
        reject_reason is not null
        and order_id is not null

),

{{ keyed_raw_rows(raw_table('raw_order_items'), columns) }}

parsed as (

    select
        raw_rows.*,
        {{ clean_key('raw_rows.order_id') }} as clean_order_id,
        orders.order_outcome,
        rejected_orders.order_id is not null as is_order_rejected,
        {{ whole_number('raw_rows.quantity') }} as units,
        {{ parse_money('raw_rows.price_per_item') }} as stated_price,
        {{ parse_money('raw_rows.line_total') }} as named_total

    from raw_rows
    left join orders on {{ clean_key('raw_rows.order_id') }} = orders.order_id
    left join rejected_orders
        on {{ clean_key('raw_rows.order_id') }} = rejected_orders.order_id

),

limited as (

    select
        *,
        case when {{ is_amount('1', 'named_total') }} then named_total end
            as stated_total

    from parsed {{ optimization_fence() }}

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

    from limited

),

sized as (

    select
        *,
        {{ is_amount('units', 'price') }} as is_amount

    from priced

),

judged as (

    select
        *,
        case
            when clean_key is null or clean_order_id is null then 'missing key'
            when is_amount is null or not is_amount then 'bad number'
            when order_outcome is null and is_order_rejected then 'order rejected'
            when order_outcome is null then 'order not found'
        end as row_fault,
        case when is_amount then {{ to_money('units * price') }} end as list_total

    from sized

),

-- what comes back from a cancelled order with goods was never sold
cancelled_with_goods as (

    select distinct clean_order_id as order_id from judged
    where
        order_outcome = 'cancelled'
        and units > 0

),

{{ first_of_each_key(columns) }}

totalled as (

    select
        deduplicated.*,
        coalesce(deduplicated.stated_total, deduplicated.list_total) as line_item_total,
        cancelled_with_goods.order_id is null as is_without_goods

    from deduplicated
    left join cancelled_with_goods
        on deduplicated.clean_order_id = cancelled_with_goods.order_id

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
        clean_key as order_item_id,
        clean_order_id as order_id,
        {{ clean_key('product_id') }} as product_id,
        line_type,
        reject_reason,
        {{ value_fault('line_total', 'stated_total') }} as line_total_fault,
        row_json,
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
