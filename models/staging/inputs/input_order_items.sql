{{
    config(
        enabled='raw_order_items' in var('raw_inputs', {}),
        materialized='view'
    )
}}

{{
    as_raw_table(
        'raw_order_items',
        source('input_order_items', 'raw_order_items'),
        (var('raw_inputs', {})['raw_order_items'] or {})['columns'] or {}
    )
}}
