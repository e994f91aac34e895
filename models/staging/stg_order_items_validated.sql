{{ config(post_hook="{{ index_on([]) }}") }}

{%- set columns = [
    'order_item_id', 'order_id', 'product_id', 'quantity', 'price_per_item'
] %}

with

raw_order_items as (

    select * from {{ ref('raw_order_items') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

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

parsed as (

    select
        {{ prefixed(columns, 'raw_order_items') }},
        {{ clean_key('raw_order_items.order_item_id') }} as clean_order_item_id,
        {{ clean_key('raw_order_items.order_id') }} as clean_order_id,
        orders.order_outcome,
        repeated_keys.order_item_key is not null as is_repeated,
        {{ whole_number('raw_order_items.quantity') }} as units,
        {{ parse_money('raw_order_items.price_per_item') }} as price

    from raw_order_items
    left join repeated_keys
        on
            {{ clean_key('raw_order_items.order_item_id') }}
            = repeated_keys.order_item_key
    left join orders
        on {{ clean_key('raw_order_items.order_id') }} = orders.order_id

),

judged as (

    select
        *,
        case
            when clean_order_item_id is null or clean_order_id is null
                then 'missing key'
            when units is null or price is null then 'bad number'
            when
                abs(cast(units as {{ ratio_type() }}) * price)
                >= {{ line_total_limit() }}
                then 'bad number'
            when order_outcome is null then 'order not found'
        end as row_fault

    from parsed

),

{{ first_of_each_key('judged', 'clean_order_item_id', columns) }}

typed as (

    select
        clean_order_item_id as order_item_id,
        clean_order_id as order_id,
        {{ clean_key('product_id') }} as product_id,
        case
            when units > 0 and price > 0 and order_outcome = 'sale' then 'sale'
            when
                units < 0 and price > 0 and order_outcome in ('sale', 'cancelled')
                then 'return'
            when units > 0 and price = 0 and order_outcome = 'sale' then 'gift'
            when
                units > 0 and price >= 0 and order_outcome = 'cancelled'
                then 'cancelled'
            else 'adjustment'
        end as line_type,
        reject_reason,
        case
            when reject_reason is not null then {{ row_as_json(columns) }}
        end as row_json,
        units as quantity,
        price as price_per_item,
        case
            when reject_reason is null then {{ to_money('units * price') }}
        end as line_item_total

    from deduplicated

)

select * from typed
