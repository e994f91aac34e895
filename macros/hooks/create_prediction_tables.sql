{#
    On-run-start: makes the tables that python -m pipeline fit writes where something
    that is selected reads them, and they are missing or have other columns than an
    earlier version's. They are then empty, so that dbt alone builds the warehouse too,
    without predictions.
#}
{% macro create_prediction_tables() -%}
    {%- if execute and invocation_args_dict.which in ['run', 'build', 'test'] -%}
        {%- set needed = selected_sources() -%}
        {%- for source in graph.sources.values()
            if source.source_name == 'predictions' and source.unique_id in needed -%}
            {%- do check_schema_of_predictions(source) -%}
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

{# The sources that the selected models and tests read; unit tests may name any. #}
{% macro selected_sources() -%}
    {%- set needed = [] -%}
    {%- for selected in selected_resources -%}
        {%- if selected.startswith('unit_test.') -%}
            {{ return(graph.sources.keys() | list) }}
        {%- endif -%}
        {%- if selected in graph.nodes -%}
            {%- do needed.extend(graph.nodes[selected].depends_on.nodes) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(needed) }}
{%- endmacro %}

{# They stand beside the models, whose schema a project that has this one as a package
   may choose; YAML cannot ask for it. #}
{% macro check_schema_of_predictions(source) -%}
    {%- set beside = graph.nodes.get('model.ecommerce_dwh.int_clv_fits') -%}
    {%- if beside and beside.schema != source.schema -%}
        {%- do exceptions.raise_compiler_error(
            "the models of ecommerce_dwh are in schema " ~ beside.schema
            ~ " and its predictions would be in " ~ source.schema
            ~ "; set var predictions_schema to " ~ beside.schema
        ) -%}
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
