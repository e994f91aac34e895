{# Whole days from one date to a later one; negative if it is earlier. #}
{% macro days_between(first_date, last_date) -%}
    {{ return(adapter.dispatch('days_between', 'ecommerce_dwh')(first_date, last_date)) }}
{%- endmacro %}

{# The standard's (b - a) day is understood by none; this by most warehouses. #}
{% macro default__days_between(first_date, last_date) -%}
    cast(datediff(day, {{ first_date }}, {{ last_date }}) as integer)
{%- endmacro %}

{% macro duckdb__days_between(first_date, last_date) -%}
    cast(date_diff('day', {{ first_date }}, {{ last_date }}) as integer)
{%- endmacro %}

{% macro postgres__days_between(first_date, last_date) -%}
    ({{ last_date }} - {{ first_date }})
{%- endmacro %}

{% macro spark__days_between(first_date, last_date) -%}
    datediff({{ last_date }}, {{ first_date }})
{%- endmacro %}

{% macro sqlite__days_between(first_date, last_date) -%}
    cast(julianday({{ last_date }}) - julianday({{ first_date }}) as integer)
{%- endmacro %}
