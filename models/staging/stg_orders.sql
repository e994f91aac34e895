{{ config(pre_hook="{{ refuse_rejected_rows('raw_orders', ['order_id']) }}") }}

select
    order_id,
    customer_id,
    status,
    order_outcome,
    currency,
    shipping,
    tax,
    order_date,
    ordered_at

from {{ ref('stg_orders_validated') }}
where reject_reason is null
