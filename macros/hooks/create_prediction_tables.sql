{#
    On-run-start: makes the tables that python -m pipeline fit writes where they are
    missing, or have other columns than an earlier version's. They are then empty, so
    that dbt alone builds the warehouse too, without predictions.
#}
{% macro create_prediction_tables() -%}
    {%- if execute and invocation_args_dict.which in ['run', 'build', 'test'] -%}
        {%- for source in graph.sources.values() if source.source_name == 'predictions' -%}
            {%- set table = api.Relation.create(
                database=source.database,
                schema=source.schema,
                identifier=source.identifier,
                type='table'
            ) -%}
            {%- set existing = load_relation(table) -%}
            {%- if existing -%}
                {%- set found = adapter.get_columns_in_relation(existing)
                    | map(attribute='name') | map('lower') | list -%}
                {%- if found != source.columns.keys() | list -%}
                    {%- do run_query('drop table ' ~ existing) -%}
                    {%- set existing = none -%}
                {%- endif -%}
            {%- endif -%}
            {%- if not existing -%}
                {%- do run_query(prediction_table_ddl(table, source.columns)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# The statement that makes one of these tables, empty. #}
{% macro prediction_table_ddl(table, columns) -%}
    create table {{ table }} (
        {% for column in columns.values() -%}
            {{ column.name }} {{ column_type(column.data_type) }}{{ ', ' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
