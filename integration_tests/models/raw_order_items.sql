-- The same by the package's macro, which looks the types up.
{{
    ecommerce_dwh.as_raw_table(
        'raw_order_items',
        source('shop_app', 'order_positions'),
        {
            'order_item_id': 'id',
            'product_id': 'article_no',
            'price_per_item': 'unit_price',
            'line_total': 'amount',
        }
    )
}}
