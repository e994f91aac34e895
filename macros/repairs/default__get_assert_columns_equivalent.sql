{#
    dbt compares a model with its contract, and makes the table of it, by the types as
    YAML has them. They get the engine's names first: see column_type. Models of a
    project that has this one as a package are left as they are.
#}
{% macro default__get_assert_columns_equivalent(sql) -%}
    {%- for column in model.columns.values() if model.package_name == 'ecommerce_dwh' -%}
        {%- do column.update(data_type=column_type(column.data_type)) -%}
    {%- endfor -%}
    {{ return(assert_columns_equivalent(sql)) }}
{%- endmacro %}
