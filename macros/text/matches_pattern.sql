{#
    Whether a text from end to end is of a pattern: characters, classes in brackets,
    groups and how often, which all languages of patterns share. SQLite has none.
#}
{% macro matches_pattern(text, pattern) -%}
    {{ return(adapter.dispatch('matches_pattern', 'ecommerce_dwh')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches_pattern(text, pattern) -%}
    ({{ text }} similar to '{{ pattern }}')
{%- endmacro %}

{# Java's dollar sign would also match before a last line feed. #}
{% macro spark__matches_pattern(text, pattern) -%}
    ({{ text }} rlike r'\A{{ pattern }}\z')
{%- endmacro %}

{% macro snowflake__matches_pattern(text, pattern) -%}
    regexp_like({{ text }}, '{{ pattern }}')
{%- endmacro %}
