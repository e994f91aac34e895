{# DimTime's key of a date: the number YYYYMMDD. #}
{% macro time_key(date) -%}
    cast(
        replace(cast({{ date }} as {{ text_type() }}), '-', '') as integer
    )
{%- endmacro %}
