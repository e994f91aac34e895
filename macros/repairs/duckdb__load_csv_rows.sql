{#
    The adapter's COPY guesses the file's dialect from a sample. The raw contract leaves
    nothing to guess: RFC 4180, UTF-8, a header, and only an empty field is null.
#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
    {% set path = adapter.get_seed_file_path(model) %}
    {% set columns = get_seed_column_quoted_csv(model, agate_table.column_names) %}
    {% set sql %}
        copy {{ this }} ({{ columns }}) from '{{ path | replace("'", "''") }}' (
            format csv, auto_detect false, header true, delimiter ',',
            quote '"', escape '"', nullstr '', strict_mode true
        )
    {% endset %}
    {% do adapter.add_query(sql, abridge_sql_log=True) %}
    {{ return(sql) }}
{% endmacro %}
