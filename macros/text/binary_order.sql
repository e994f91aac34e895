{# Text to order by, byte by byte and the same everywhere; null sorts as ''. #}
{% macro binary_order(text) -%}
    {{ return(adapter.dispatch('binary_order', 'ecommerce_dwh')(text)) }}
{%- endmacro %}

{% macro default__binary_order(text) -%} coalesce({{ text }}, '') {%- endmacro %}

{% macro postgres__binary_order(text) -%}
    coalesce({{ text }}, '') collate "C"
{%- endmacro %}
