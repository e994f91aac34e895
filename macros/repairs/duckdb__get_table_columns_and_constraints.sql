{#
    On DuckDB only a dimension declares its primary key: the index of a key over five
    million fact rows cost 17.6 s where the rows took 1.9. Unique tests hold for all. Models
    of a project that has this one as a package are left as they are.
#}
{% macro duckdb__get_table_columns_and_constraints() -%}
    {%- if model.package_name != 'ecommerce_dwh' or model.name.startswith('dim_') -%}
        {{ return(table_columns_and_constraints()) }}
    {%- endif -%}
    {%- set columns = {} -%}
    {%- for name, column in model.columns.items() -%}
        {%- set constraints = column.constraints
            | rejectattr('type', 'equalto', 'primary_key') | list -%}
        {%- do columns.update({name: dict(column, constraints=constraints)}) -%}
    {%- endfor -%}
    ({{ adapter.render_raw_columns_constraints(raw_columns=columns) | join(', ') }})
{%- endmacro %}
