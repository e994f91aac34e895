{%- set keys = {
    'customers': 'customer_id',
    'products': 'product_id',
    'orders': 'order_id',
    'order_items': 'order_item_id',
} -%}

{% for table, key in keys.items() -%}
select
    rejected.raw_table,
    rejected.row_key

from {{ ref('stg_rejected_rows') }} as rejected
left join {{ ref('stg_' ~ table) }} as accepted on rejected.row_key = accepted.{{ key }}
where
    rejected.raw_table = 'raw_{{ table }}'
    and rejected.reason in ('duplicate key', 'conflicting duplicate')
    and accepted.{{ key }} is null
{{ 'union all' if not loop.last }}
{% endfor %}
