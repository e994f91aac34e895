{#
    A number for the integer primary key of a table, in no order and unique within a
    build only. SQLite numbers such a column itself where it is given null, at half the
    price of a window.
#}
{% macro cheapest_key() -%}
    {{ return(adapter.dispatch('cheapest_key', 'ecommerce_dwh')()) }}
{%- endmacro %}

{% macro default__cheapest_key() -%}
    {{ any_row_number() }}
{%- endmacro %}

{% macro sqlite__cheapest_key() -%}
    null
{%- endmacro %}
