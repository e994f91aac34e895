{#
    A JSON object of the named columns, all text, in their order; null stays null.

    Args:
        columns: names of text columns.
        table: the table of a join that they are in.
#}
{% macro row_as_json(columns, table=none) -%}
    {{ return(adapter.dispatch('row_as_json', 'ecommerce_dwh')(columns, table)) }}
{%- endmacro %}

{# 'name', table.name pairs, as every engine's function takes them. #}
{% macro json_members(columns, table) -%}
    {%- for column in columns -%}
    '{{ column }}', {{ table ~ '.' if table }}{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro default__row_as_json(columns, table) -%}
    json_object({{ json_members(columns, table) }})
{%- endmacro %}

{% macro duckdb__row_as_json(columns, table) -%}
    cast(json_object({{ json_members(columns, table) }}) as text)
{%- endmacro %}

{# json_build_object would put blanks round each colon. #}
{% macro postgres__row_as_json(columns, table) -%}
    '{'
    {%- for column in columns %}
    || '"{{ column }}":'
    || coalesce(cast(to_json({{ table ~ '.' if table }}{{ column }}) as text), 'null')
    {%- if not loop.last %} || ','{% endif -%}
    {%- endfor %}
    || '}'
{%- endmacro %}

{% macro spark__row_as_json(columns, table) -%}
    to_json(
        named_struct({{ json_members(columns, table) }}),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}
