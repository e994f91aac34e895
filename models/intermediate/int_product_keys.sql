{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ index_on([['product_id']]) }}",
    )
}}

{{ lifelong_keys('product', [ref('stg_products'), ref('stg_order_items')]) }}
