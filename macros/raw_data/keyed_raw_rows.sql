{#
    CTEs that end in "raw_rows": the rows of a raw table with clean_key, their cleaned
    key, and is_repeated, whether a row before or after has it too.
#}
{% macro keyed_raw_rows(raw_table, columns) -%}
rows_as_loaded as (

    select * from {{ raw_table }}

),

raw_keys as (

    select {{ clean_key(columns[0]) }} as clean_key from {{ raw_table }}

),

repeated_keys as (

    select clean_key from raw_keys
    group by clean_key
    having count(*) > 1

),

raw_rows as (

    select
        {% for column in columns -%}
        rows_as_loaded.{{ column }},
        {% endfor -%}
        {{ clean_key('rows_as_loaded.' ~ columns[0]) }} as clean_key,
        repeated_keys.clean_key is not null as is_repeated

    from rows_as_loaded
    left join repeated_keys
        on {{ clean_key('rows_as_loaded.' ~ columns[0]) }} = repeated_keys.clean_key

),
{%- endmacro %}
