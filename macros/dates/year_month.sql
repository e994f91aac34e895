{# A date's year and month as text, YYYY-MM. #}
{% macro year_month(date) -%}
    substr(cast({{ date }} as {{ text_type() }}), 1, 7)
{%- endmacro %}
