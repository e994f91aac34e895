{# The table that says who filled each raw table, and when. #}
{% macro raw_loads_relation() -%}
    {{ return(api.Relation.create(
        database=target.database or none,
        schema=target.schema,
        identifier='raw_loads',
        type='table'
    )) }}
{%- endmacro %}
