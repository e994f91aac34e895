{# Whole-number division of whole numbers that are not negative. #}
{% macro floor_div(dividend, divisor) -%}
    {{ return(adapter.dispatch('floor_div', 'ecommerce_dwh')(dividend, divisor)) }}
{%- endmacro %}

{% macro default__floor_div(dividend, divisor) -%}
    (({{ dividend }}) / ({{ divisor }}))
{%- endmacro %}

{% macro duckdb__floor_div(dividend, divisor) -%}
    (({{ dividend }}) // ({{ divisor }}))
{%- endmacro %}

{% macro spark__floor_div(dividend, divisor) -%}
    (({{ dividend }}) div ({{ divisor }}))
{%- endmacro %}
