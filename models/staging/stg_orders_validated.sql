{{
    config(post_hook=[
        "{{ index_on([['order_id']]) }}",
        "{{ check_currency() }}",
        "{{ warn_of_unmapped_statuses() }}",
    ])
}}

{%- set columns = [
    'order_id', 'customer_id', 'order_date', 'status', 'currency', 'shipping', 'tax'
] %}

with

raw_orders as (

    select * from {{ ref('raw_orders') }}

),

order_status_map as (

    select * from {{ ref('order_status_map') }}

),

order_keys as (

    select {{ clean_key('order_id') }} as order_key

    from {{ ref('raw_orders') }}

),

repeated_keys as (

    select order_key from order_keys
    group by order_key
    having count(*) > 1

),

parsed as (

    select
        {{ prefixed(columns, 'raw_orders') }},
        {{ clean_key('raw_orders.order_id') }} as clean_order_id,
        repeated_keys.order_key is not null as is_repeated,
        coalesce(
            nullif({{ ascii_lower(trim_blanks('raw_orders.status')) }}, ''), '(empty)'
        ) as normalized_status,
        {{ date_text('raw_orders.order_date') }} as order_day,
        {{ currency_code('raw_orders.currency') }} as clean_currency,
        {{ parse_money('raw_orders.shipping') }} as shipping_amount,
        {{ parse_money('raw_orders.tax') }} as tax_amount

    from raw_orders
    left join repeated_keys
        on {{ clean_key('raw_orders.order_id') }} = repeated_keys.order_key

),

judged as (

    select
        *,
        case
            when clean_order_id is null then 'missing key'
            else {{ date_fault('order_day') }}
        end as row_fault

    from parsed

),

{{ first_of_each_key('judged', 'clean_order_id', columns) }}

typed as (

    select
        deduplicated.clean_order_id as order_id,
        {{ clean_key('deduplicated.customer_id') }} as customer_id,
        deduplicated.normalized_status as status,
        coalesce(order_status_map.order_outcome, 'unmapped') as order_outcome,
        deduplicated.clean_currency as currency,
        deduplicated.reject_reason,
        case
            when
                deduplicated.currency is not null
                and deduplicated.clean_currency is null
                then 'bad code'
        end as currency_fault,
        case
            when
                deduplicated.shipping is not null
                and deduplicated.shipping_amount is null
                then 'bad number'
        end as shipping_fault,
        case
            when deduplicated.tax is not null and deduplicated.tax_amount is null
                then 'bad number'
        end as tax_fault,
        case
            when deduplicated.reject_reason is not null
                then {{ row_as_json(columns, 'deduplicated') }}
        end as row_json,
        deduplicated.shipping_amount as shipping,
        deduplicated.tax_amount as tax,
        case
            when deduplicated.reject_reason is null
                then {{ to_date('deduplicated.order_day') }}
        end as order_date,
        case
            when length(deduplicated.order_date) = 10 then deduplicated.order_date
            else
                deduplicated.order_day
                || ' ' || substr(deduplicated.order_date, 12)
        end as ordered_at

    from deduplicated
    left join order_status_map
        on deduplicated.normalized_status = order_status_map.status

)

select * from typed
