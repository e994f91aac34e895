{{
    config(
        enabled='raw_products' in var('raw_inputs', {}),
        materialized='view'
    )
}}

{{
    as_raw_table(
        'raw_products',
        source('input_products', 'raw_products'),
        (var('raw_inputs', {})['raw_products'] or {})['columns'] or {}
    )
}}
