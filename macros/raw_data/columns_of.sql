{#
    The columns of a table or view, by the catalogue. `dbt run --empty` makes a relation
    a select of no rows, which Spark cannot describe: here it is the table again.
#}
{% macro columns_of(relation) -%}
    {%- set table = api.Relation.create(
        database=relation.database,
        schema=relation.schema,
        identifier=relation.identifier
    ) -%}
    {{ return(adapter.get_columns_in_relation(table)) }}
{%- endmacro %}
