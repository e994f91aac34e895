{# SQLite has no comments on tables or columns; dbt's docs site shows them. #}
{% macro sqlite__persist_docs(relation, model, for_relation, for_columns) -%}
{%- endmacro %}
