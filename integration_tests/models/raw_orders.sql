-- The raw table of this name: one select, every column as text.
select
    cast(id as text) as order_id,
    cast(client_no as text) as customer_id,
    cast(placed_at as text) as order_date,
    state as status,
    currency,
    cast(shipping as text) as shipping,
    cast(cast(vat as decimal(18, 4)) as text) as tax

from {{ source('shop_app', 'orders_v2') }}
