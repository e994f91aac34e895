{#
    Ends a CTE whose columns the next ones use many times. PostgreSQL puts a column's
    whole expression wherever the column is named, and computes it there again, be it
    the parsing of a price. Past an OFFSET it does not look. Other engines compute a
    column once, or gain nothing by it.
#}
{% macro optimization_fence() -%}
    {{ return(adapter.dispatch('optimization_fence', 'ecommerce_dwh')()) }}
{%- endmacro %}

{% macro default__optimization_fence() -%}
{%- endmacro %}

{% macro postgres__optimization_fence() -%} offset 0 {%- endmacro %}
