{# The sums of the amounts, and of the units, that FactOrders and its kin have. #}
{% macro sum_amounts(table='') -%}
    {%- set prefix = table ~ '.' if table else '' -%}
    {%- for amount in ['gross_sales', 'discounts', 'returns', 'net_sales'] -%}
    {{ sum_money(prefix ~ amount) }} as {{ amount }},
    {% endfor -%}
    cast(sum({{ prefix }}units) as bigint) as units
{%- endmacro %}
