{#
    The adapter makes a seed's table of the types as YAML has them, and Spark has no
    "text". They get the engine's names first: see column_type. Seeds of a project that
    has this one as a package are left as they are.
#}
{% macro spark__create_csv_table(model, agate_table) %}
    {% if model.package_name == 'ecommerce_dwh' %}
        {% set types = model.config.column_types %}
        {% for column, type in types.items() %}
            {% do types.update({column: column_type(type)}) %}
        {% endfor %}
    {% endif %}
    {{ return(dbt.spark__create_csv_table(model, agate_table)) }}
{% endmacro %}
