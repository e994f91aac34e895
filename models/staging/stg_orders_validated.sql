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

order_status_map as (

    select * from {{ ref('order_status_map') }}

),

{{ keyed_raw_rows(raw_table('raw_orders'), columns) }}

parsed as (

    select
        *,
        coalesce(
            nullif({{ ascii_lower(trim_blanks('status')) }}, ''), '(empty)'
        ) as normalized_status,
        {{ date_text('order_date') }} as order_day,
        {{ currency_code('currency') }} as clean_currency,
        {{ parse_money('shipping') }} as shipping_amount,
        {{ parse_money('tax') }} as tax_amount

    from raw_rows {{ optimization_fence() }}

),

judged as (

    select
        *,
        case
            when clean_key is null then 'missing key'
            else {{ date_fault('order_day') }}
        end as row_fault

    from parsed

),

{{ first_of_each_key(columns) }}

typed as (

    select
        deduplicated.clean_key as order_id,
        {{ clean_key('deduplicated.customer_id') }} as customer_id,
        deduplicated.normalized_status as status,
        coalesce(order_status_map.order_outcome, 'unmapped') as order_outcome,
        deduplicated.clean_currency as currency,
        deduplicated.reject_reason,
        {{ value_fault('deduplicated.currency', 'clean_currency', 'bad code') }}
            as currency_fault,
        {{ value_fault('deduplicated.shipping', 'shipping_amount') }} as shipping_fault,
        {{ value_fault('deduplicated.tax', 'tax_amount') }} as tax_fault,
        deduplicated.row_json,
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
