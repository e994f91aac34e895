{# A part of a date as an integer. #}
{% macro date_part(part, date) -%}
    {%- set parts = [
        'year', 'quarter', 'month', 'day', 'iso_year', 'iso_week', 'iso_day_of_week'
    ] -%}
    {%- if part not in parts -%}
        {{ exceptions.raise_compiler_error('date_part: "' ~ part ~ '" is none of ' ~ parts) }}
    {%- endif -%}
    {{ return(adapter.dispatch('date_part', 'ecommerce_dwh')(part, date)) }}
{%- endmacro %}

{# The standard has no ISO weeks: each engine has names of its own for their parts. #}
{% macro default__date_part(part, date, iso_fields={}) -%}
    cast(extract({{ iso_fields.get(part, part) }} from {{ date }}) as integer)
{%- endmacro %}

{% macro postgres__date_part(part, date) -%}
    {{ ecommerce_dwh.default__date_part(part, date, {
        'iso_year': 'isoyear', 'iso_week': 'week', 'iso_day_of_week': 'isodow'
    }) }}
{%- endmacro %}

{% macro duckdb__date_part(part, date) -%}
    {{ return(ecommerce_dwh.postgres__date_part(part, date)) }}
{%- endmacro %}

{% macro spark__date_part(part, date) -%}
    {{ ecommerce_dwh.default__date_part(part, date, {
        'iso_year': 'yearofweek', 'iso_week': 'week', 'iso_day_of_week': 'dayofweek_iso'
    }) }}
{%- endmacro %}

{% macro snowflake__date_part(part, date) -%}
    {{ ecommerce_dwh.default__date_part(part, date, {
        'iso_year': 'yearofweekiso',
        'iso_week': 'weekiso',
        'iso_day_of_week': 'dayofweekiso',
    }) }}
{%- endmacro %}

{% macro sqlite__date_part(part, date) -%}
    {%- set thursday = "date(" ~ date ~ ", '-3 days', 'weekday 4')" -%}
    {%- if part == 'year' -%}
        cast(substr({{ date }}, 1, 4) as integer)
    {%- elif part == 'quarter' -%}
        ((cast(substr({{ date }}, 6, 2) as integer) + 2) / 3)
    {%- elif part == 'month' -%}
        cast(substr({{ date }}, 6, 2) as integer)
    {%- elif part == 'day' -%}
        cast(substr({{ date }}, 9, 2) as integer)
    {%- elif part == 'iso_year' -%}
        cast(strftime('%Y', {{ thursday }}) as integer)
    {%- elif part == 'iso_week' -%}
        ((cast(strftime('%j', {{ thursday }}) as integer) - 1) / 7 + 1)
    {%- else -%}
        ((cast(strftime('%w', {{ date }}) as integer) + 6) % 7 + 1)
    {%- endif -%}
{%- endmacro %}
