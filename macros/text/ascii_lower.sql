{#
    Text with A to Z in lower case and every other letter as it is. What lower() does
    beyond them depends on the engine and, on PostgreSQL, on the database's locale.
#}
{% macro ascii_lower(text) -%}
    {{ return(adapter.dispatch('ascii_lower', 'ecommerce_dwh')(text)) }}
{%- endmacro %}

{% macro default__ascii_lower(text) -%}
    translate({{ text }}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
{%- endmacro %}

{% macro sqlite__ascii_lower(text) -%} lower({{ text }}) {%- endmacro %}
