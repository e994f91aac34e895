{#
    The seed's rows as the file has them: dbt reads the word "null" as nothing, in
    any case, and so would lose it. The raw contract keeps every word, and only an
    empty field is null (the empty string in the answer). dbt's own text types, told of
    no null words, read the file again.
#}
{% macro seed_text_table(agate_table) %}
    {% for column_type in agate_table.column_types %}
        {% do column_type.null_values.clear() %}
    {% endfor %}
    {% do return(agate_table.from_csv(
        agate_table.original_abspath,
        column_types=agate_table.column_types,
        encoding='utf-8-sig',
        sniff_limit=0
    )) %}
{% endmacro %}
