{#
    dbt compares two points in time, and raw_loads has texts (ISO 8601, UTC): no type
    for a time is the same on every engine.
#}
{% macro default__collect_freshness(source, loaded_at_field, filter) -%}
    {{ return(dbt.default__collect_freshness(
        source, 'cast(' ~ loaded_at_field ~ ' as timestamp)', filter
    )) }}
{%- endmacro %}

{# SQLite has only texts for times, its own clock's included: they are read here. #}
{% macro sqlite__collect_freshness(source, loaded_at_field, filter) -%}
    {%- set answer = dbt.default__collect_freshness(source, loaded_at_field, filter) -%}
    {%- set times = {} -%}
    {%- for name, text in answer.table.rows[0].dict().items() if text -%}
        {%- do times.update({
            name: modules.datetime.datetime.fromisoformat(text | replace('Z', '+00:00'))
        }) -%}
    {%- endfor -%}
    {%- do store_result(
        'collect_freshness',
        response=answer.response,
        agate_table=answer.table.from_object([times])
    ) -%}
    {{ return(load_result('collect_freshness')) }}
{%- endmacro %}
