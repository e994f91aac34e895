create unique index stg_orders_order_id on stg_orders (order_id);
