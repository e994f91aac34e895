{# A value as a text literal of SQL, whatever characters are in it. #}
{% macro text_literal(value) -%}
    {{ return(adapter.dispatch('text_literal', 'ecommerce_dwh')(value)) }}
{%- endmacro %}

{% macro default__text_literal(value) -%}
    '{{ value | string | replace("'", "''") }}'
{%- endmacro %}

{# Spark reads a backslash as the beginning of an escape, and ${...} as a setting. #}
{% macro spark__text_literal(value) -%}
    '{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") | replace("$", "\\u0024") }}'
{%- endmacro %}

{# Snowflake, too. #}
{% macro snowflake__text_literal(value) -%}
    {{ return(ecommerce_dwh.spark__text_literal(value)) }}
{%- endmacro %}
