{# The engine's type for text of any length. #}
{% macro text_type() -%}
    {{ return(adapter.dispatch('text_type', 'ecommerce_dwh')()) }}
{%- endmacro %}

{% macro default__text_type() -%} text {%- endmacro %}

{% macro spark__text_type() -%} string {%- endmacro %}
