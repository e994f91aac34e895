{# YYYY-MM of the number YYYYMM (a time_key without its day). #}
{% macro year_month_of_number(number) -%}
    (
        substr(cast({{ number }} as {{ text_type() }}), 1, 4)
        || '-' || substr(cast({{ number }} as {{ text_type() }}), 5, 2)
    )
{%- endmacro %}
