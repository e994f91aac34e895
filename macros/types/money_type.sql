{#
    The type of an amount: 18 digits, 4 of them decimals. SQLite has no decimals (its
    decimal(18,4) would store 6.0 as the integer 6), so an amount is REAL there and
    every sum is rounded: see sum_money.
#}
{% macro money_type() -%}
    {{ return(adapter.dispatch('money_type', 'ecommerce_dwh')()) }}
{%- endmacro %}

{% macro default__money_type() -%} decimal(18, 4) {%- endmacro %}

{% macro sqlite__money_type() -%} real {%- endmacro %}
