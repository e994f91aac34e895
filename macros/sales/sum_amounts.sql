{# The sums of the amounts, and of the units, that FactOrders and its kin have. #}
{% macro sum_amounts(table='') -%}
    {%- set prefix = table ~ '.' if table else '' -%}
    {%- set amounts = [
        'gross_sales', 'discounts', 'returns', 'net_sales', 'net_sales_with_cost', 'cost',
        'margin'
    ] -%}
    {%- for amount in amounts -%}
    {{ sum_money(prefix ~ amount) }} as {{ amount }},
    {% endfor -%}
    cast(sum({{ prefix }}units) as bigint) as units
{%- endmacro %}
