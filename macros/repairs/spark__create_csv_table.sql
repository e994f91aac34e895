{#
    The adapter makes a seed's table of the types as YAML has them, and Spark has no
    "text". They get the engine's names first: see column_type.
#}
{% macro spark__create_csv_table(model, agate_table) %}
    {% set types = model.config.column_types %}
    {% for column, type in types.items() %}
        {% do types.update({column: column_type(type)}) %}
    {% endfor %}
    {{ return(dbt.spark__create_csv_table(model, agate_table)) }}
{% endmacro %}
