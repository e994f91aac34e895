{#
    The adapter loses the word "null" (see seed_text_table) and renders one placeholder
    a value. Each chunk of rows is bound as one JSON text. Seeds of a project that has
    this one as a package are left to the adapter.
#}
{% macro postgres__load_csv_rows(model, agate_table) %}
    {% if model.package_name != 'ecommerce_dwh' %}
        {{ return(dbt.default__load_csv_rows(model, agate_table)) }}
    {% endif %}
    {% set rows_per_statement = 20000 %}
    {% set columns = get_seed_column_quoted_csv(model, agate_table.column_names) %}
    {% set sql %}
        insert into {{ this }} ({{ columns }})
        select
            {% for column in agate_table.column_names -%}
            nullif(seed_rows.value ->> {{ loop.index0 }}, ''){{ ',' if not loop.last }}
            {% endfor %}
        from json_array_elements(cast(%s as json)) as seed_rows (value)
    {% endset %}

    {% for chunk in seed_text_table(agate_table).rows | batch(rows_per_statement) %}
        {% set rows = [] %}
        {% for row in chunk %}
            {% do rows.append(row.values() | list) %}
        {% endfor %}
        {% do adapter.add_query(sql, bindings=[tojson(rows)], abridge_sql_log=True) %}
    {% endfor %}

    {{ return(sql) }}
{% endmacro %}
