{# The first day of a date's month. #}
{% macro month_start(date) -%}
    {{ return(adapter.dispatch('month_start', 'ecommerce_dwh')(date)) }}
{%- endmacro %}

{% macro default__month_start(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}

{% macro sqlite__month_start(date) -%}
    (substr({{ date }}, 1, 8) || '01')
{%- endmacro %}
