{# The date a whole number of days after (or before) a date. #}
{% macro add_days(date, days) -%}
    {{ return(adapter.dispatch('add_days', 'ecommerce_dwh')(date, days)) }}
{%- endmacro %}

{% macro default__add_days(date, days) -%}
    cast({{ date }} + cast({{ days }} as integer) * interval '1' day as date)
{%- endmacro %}

{# Snowflake's intervals are literals only. #}
{% macro snowflake__add_days(date, days) -%}
    cast(dateadd(day, cast({{ days }} as integer), {{ date }}) as date)
{%- endmacro %}

{% macro spark__add_days(date, days) -%}
    date_add({{ date }}, cast({{ days }} as int))
{%- endmacro %}

{% macro sqlite__add_days(date, days) -%}
    date({{ date }}, ({{ days }}) || ' days')
{%- endmacro %}
