{#
    CTEs that end in "raw_rows": the rows of a raw table with clean_key, their cleaned
    key, and is_repeated, whether a row before or after has it too. A column that the
    table lacks, loaded before the contract had it, is null.
#}
{% macro keyed_raw_rows(raw_table, columns) -%}
    {%- set held = [] -%}
    {%- if execute and not raw_table.is_cte -%}
        {%- for column in columns_of(raw_table) -%}
            {%- do held.append(column.name | lower) -%}
        {%- endfor -%}
    {%- endif -%}
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
        {% if held and column not in held -%}
        cast(null as {{ text_type() }}) as {{ column }},
        {% else -%}
        rows_as_loaded.{{ column }},
        {% endif -%}
        {% endfor -%}
        {{ clean_key('rows_as_loaded.' ~ columns[0]) }} as clean_key,
        repeated_keys.clean_key is not null as is_repeated

    from rows_as_loaded
    left join repeated_keys
        on {{ clean_key('rows_as_loaded.' ~ columns[0]) }} = repeated_keys.clean_key

),
{%- endmacro %}
