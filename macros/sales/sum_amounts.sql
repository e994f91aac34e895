{# The sums of the amounts, and of the units, that FactOrders and its kin have. #}
{% macro sum_amounts(table) -%}
    {% for amount in ['gross_sales', 'discounts', 'returns', 'net_sales'] -%}
    {{ sum_money(table ~ '.' ~ amount) }} as {{ amount }},
    {% endfor -%}
    cast(sum({{ table }}.units) as bigint) as units
{%- endmacro %}
