-- This project's own, of a name that the package has too.
select
    id,
    placed_at

from {{ source('shop_app', 'orders_v2') }}
