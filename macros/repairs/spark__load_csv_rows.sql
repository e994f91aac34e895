{#
    The adapter pastes values between quotes as they are: a seed with O'Fallon does not
    load. Each chunk of rows goes as one JSON text, which a session and a server far
    from the file both understand. Spark would put a setting in the place of ${...}.
    Every column is text, as in all seeds of this project; those of a project that has
    it as a package are left to the adapter.
#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {% if model.package_name != 'ecommerce_dwh' %}
        {{ return(dbt.spark__load_csv_rows(model, agate_table)) }}
    {% endif %}
    {% set rows_per_statement = 20000 %}
    {% set columns = get_seed_column_quoted_csv(model, agate_table.column_names) %}
    {% set statements = [] %}

    {% for chunk in seed_text_table(agate_table).rows | batch(rows_per_statement) %}
        {% set rows = [] %}
        {% for row in chunk %}
            {% do rows.append(row.values() | list) %}
        {% endfor %}
        {% set text = tojson(rows) | replace('\\', '\\\\') | replace("'", "\\'") %}
        {% set text = text | replace('$', '\\u0024') %}
        {% set sql %}
            insert into {{ this }} ({{ columns }})
            select
                {% for column in agate_table.column_names -%}
                nullif(seed_row[{{ loop.index0 }}], ''){{ ',' if not loop.last }}
                {% endfor %}
            from (
                select explode(from_json('{{ text }}', 'array<array<string>>')) as seed_row
            )
        {% endset %}
        {% do adapter.add_query(sql, abridge_sql_log=True) %}
        {% do statements.append(sql) %}
    {% endfor %}

    {{ return(statements[0]) }}
{% endmacro %}
