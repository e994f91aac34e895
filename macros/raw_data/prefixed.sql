{# The columns of one table of a join, to be selected. #}
{% macro prefixed(columns, table) -%}
    {%- for column in columns -%}
    {{ table }}.{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
