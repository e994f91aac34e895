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

{# Where lower() changes nothing there is no A to Z either; translate() is slow. #}
{% macro duckdb__ascii_lower(text) -%}
    case
        when lower({{ text }}) = {{ text }} then {{ text }}
        else {{ ecommerce_dwh.default__ascii_lower(text) }}
    end
{%- endmacro %}

{% macro sqlite__ascii_lower(text) -%} lower({{ text }}) {%- endmacro %}
