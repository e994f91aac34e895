{{
    config(
        enabled='raw_customers' in var('raw_inputs', {}),
        materialized='view'
    )
}}

{{
    as_raw_table(
        'raw_customers',
        source('input_customers', 'raw_customers'),
        (var('raw_inputs', {})['raw_customers'] or {})['columns'] or {}
    )
}}
