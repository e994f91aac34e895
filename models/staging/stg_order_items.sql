select
    order_item_id,
    order_id,
    product_id,
    line_type,
    quantity,
    price_per_item,
    line_item_total

from {{ ref('stg_order_items_validated') }}
where reject_reason is null
