{# A day of a year (an integer of four digits): month and day are literals. #}
{% macro year_day(year, month, day) -%}
    {%- set text -%}
    (cast({{ year }} as {{ text_type() }}) || '-{{ '%02d' % month }}-{{ '%02d' % day }}')
    {%- endset -%}
    {{ to_date(text) }}
{%- endmacro %}
