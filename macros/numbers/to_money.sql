{# An amount with four decimals, of a number. Raw text goes through parse_money. #}
{% macro to_money(expression) -%}
    {{ return(adapter.dispatch('to_money', 'ecommerce_dwh')(expression)) }}
{%- endmacro %}

{% macro default__to_money(expression) -%}
    cast({{ expression }} as {{ money_type() }})
{%- endmacro %}

{% macro sqlite__to_money(expression) -%}
    round(cast({{ expression }} as real), 4)
{%- endmacro %}
