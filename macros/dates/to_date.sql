{# The date that checked text of the form YYYY-MM-DD names; text on SQLite. #}
{% macro to_date(text) -%}
    {{ return(adapter.dispatch('to_date', 'ecommerce_dwh')(text)) }}
{%- endmacro %}

{% macro default__to_date(text) -%} cast({{ text }} as date) {%- endmacro %}

{% macro sqlite__to_date(text) -%} {{ text }} {%- endmacro %}
