{# A number of the month YYYY-MM: that of the next month is one more. #}
{% macro month_number(year_month) -%}
    (
        cast(substr({{ year_month }}, 1, 4) as integer) * 12
        + cast(substr({{ year_month }}, 6, 2) as integer)
    )
{%- endmacro %}
