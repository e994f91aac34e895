{{
    config(
        enabled='raw_orders' in var('raw_inputs', {}),
        materialized='view'
    )
}}

{{
    as_raw_table(
        'raw_orders',
        source('input_orders', 'raw_orders'),
        (var('raw_inputs', {})['raw_orders'] or {})['columns'] or {}
    )
}}
