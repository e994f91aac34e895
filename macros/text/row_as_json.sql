{# A JSON object of the named columns, all text, in their order; null stays null. #}
{% macro row_as_json(columns) -%}
    {{ return(adapter.dispatch('row_as_json', 'ecommerce_dwh')(columns)) }}
{%- endmacro %}

{# 'name', table.name pairs, as the engines' functions take them. #}
{% macro json_members(columns) -%}
    {%- for column in columns -%}
    '{{ column }}', {{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#
    By hand: the functions of PostgreSQL put blanks round each colon, and Snowflake's
    order the members by name.
#}
{% macro default__row_as_json(columns) -%}
    '{'
    {%- for column in columns %}
    || '"{{ column }}":' || coalesce({{ json_text(column) }}, 'null')
    {%- if not loop.last %} || ','{% endif -%}
    {%- endfor %}
    || '}'
{%- endmacro %}

{% macro duckdb__row_as_json(columns) -%}
    cast(json_object({{ json_members(columns) }}) as text)
{%- endmacro %}

{% macro spark__row_as_json(columns) -%}
    to_json(
        named_struct({{ json_members(columns) }}),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}

{% macro sqlite__row_as_json(columns) -%}
    json_object({{ json_members(columns) }})
{%- endmacro %}

{# Text as JSON; null stays null. Engines read no json_scalar yet, as SQL:2023 has it. #}
{% macro json_text(text) -%}
    {{ return(adapter.dispatch('json_text', 'ecommerce_dwh')(text)) }}
{%- endmacro %}

{% macro default__json_text(text) -%}
    cast(to_json({{ text }}) as {{ text_type() }})
{%- endmacro %}

{% macro snowflake__json_text(text) -%} to_json(to_variant({{ text }})) {%- endmacro %}
