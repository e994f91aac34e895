{{ config(pre_hook="{{ refuse_rejected_rows('raw_products', ['product_id']) }}") }}

select
    product_id,
    product_name,
    category,
    price,
    stock_quantity,
    unit_cost

from {{ ref('stg_products_validated') }}
where reject_reason is null
