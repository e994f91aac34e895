{# A JSON object of the named columns, all text, in their order; null stays null. #}
{% macro row_as_json(columns) -%}
    {{ return(adapter.dispatch('row_as_json', 'ecommerce_dwh')(columns)) }}
{%- endmacro %}

{# 'name', table.name pairs, as every engine's function takes them. #}
{% macro json_members(columns) -%}
    {%- for column in columns -%}
    '{{ column }}', {{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro default__row_as_json(columns) -%}
    json_object({{ json_members(columns) }})
{%- endmacro %}

{% macro duckdb__row_as_json(columns) -%}
    cast(json_object({{ json_members(columns) }}) as text)
{%- endmacro %}

{# json_build_object would put blanks round each colon. #}
{% macro postgres__row_as_json(columns) -%}
    '{'
    {%- for column in columns %}
    || '"{{ column }}":'
    || coalesce(cast(to_json({{ column }}) as text), 'null')
    {%- if not loop.last %} || ','{% endif -%}
    {%- endfor %}
    || '}'
{%- endmacro %}

{% macro spark__row_as_json(columns) -%}
    to_json(
        named_struct({{ json_members(columns) }}),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}
