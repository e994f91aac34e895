{%- set models = [
    'fct_orders', 'fct_order_categories', 'rpt_sales_daily', 'rpt_product_sales',
    'rpt_product_sales_monthly', 'rpt_sales_by_customer_type',
] -%}

{% for model in models -%}
select
    '{{ model }}' as model,
    gross_sales,
    discounts,
    returns,
    net_sales

from {{ ref(model) }}
where
    {{ to_money('gross_sales + discounts + returns') }} != net_sales
    or gross_sales < 0
    or discounts > 0
    or returns > 0
{{ 'union all' if not loop.last }}
{% endfor %}
