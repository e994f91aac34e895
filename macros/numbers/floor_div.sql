{# Whole-number division of whole numbers that are not negative. #}
{% macro floor_div(dividend, divisor) -%}
    {{ return(adapter.dispatch('floor_div', 'ecommerce_dwh')(dividend, divisor)) }}
{%- endmacro %}

{# Without a remainder a quotient is whole, be it divided as integers, decimals or doubles. #}
{% macro default__floor_div(dividend, divisor) -%}
    cast(
        (({{ dividend }}) - mod({{ dividend }}, {{ divisor }})) / ({{ divisor }})
        as {{ bigint_type() }}
    )
{%- endmacro %}

{% macro postgres__floor_div(dividend, divisor) -%}
    (({{ dividend }}) / ({{ divisor }}))
{%- endmacro %}

{% macro sqlite__floor_div(dividend, divisor) -%}
    {{ return(ecommerce_dwh.postgres__floor_div(dividend, divisor)) }}
{%- endmacro %}

{% macro duckdb__floor_div(dividend, divisor) -%}
    (({{ dividend }}) // ({{ divisor }}))
{%- endmacro %}

{% macro spark__floor_div(dividend, divisor) -%}
    (({{ dividend }}) div ({{ divisor }}))
{%- endmacro %}
