{#
    The engine's 64-bit whole number. On SQLite every integer has 64 bits, and only
    INTEGER makes a primary key the row's own number, without an index beside the table.
#}
{% macro bigint_type() -%}
    {{ return(adapter.dispatch('bigint_type', 'ecommerce_dwh')()) }}
{%- endmacro %}

{% macro default__bigint_type() -%} bigint {%- endmacro %}

{% macro sqlite__bigint_type() -%} integer {%- endmacro %}
