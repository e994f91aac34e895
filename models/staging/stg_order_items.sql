{{
    config(pre_hook="{{ refuse_rejected_rows(
        'raw_order_items', ['order_item_id', 'order_id']
    ) }}")
}}

select
    order_item_id,
    order_id,
    product_id,
    line_type,
    quantity,
    price_per_item,
    line_item_total,
    discount_amount

from {{ ref('stg_order_items_validated') }}
where reject_reason is null
