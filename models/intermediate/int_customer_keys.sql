{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ index_on([['customer_id']]) }}",
    )
}}

{{ lifelong_keys('customer', [ref('stg_customers'), ref('stg_orders')]) }}
