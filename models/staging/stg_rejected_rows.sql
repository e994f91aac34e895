{%- set amounts = {'order_items': 'line_item_total'} -%}
{%- set keys = {
    'customers': 'customer_id',
    'products': 'product_id',
    'orders': 'order_id',
    'order_items': 'order_item_id',
} %}

with

{% for table, key in keys.items() -%}
{{ table }} as (

    select * from {{ ref('stg_' ~ table ~ '_validated') }}
    where reject_reason is not null

),

{% endfor -%}

rejected as (

    {% for table, key in keys.items() -%}
    select
        'raw_{{ table }}' as raw_table,
        {{ key }} as row_key,
        reject_reason as reason,
        row_json,
        {{ amounts.get(table, to_money('null')) }} as amount

    from {{ table }}
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

)

select * from rejected
