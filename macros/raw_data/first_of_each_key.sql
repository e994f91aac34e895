{#
    CTEs from "judged" to "deduplicated": the judged rows with their final reject_reason, and
    with row_json, the whole row, where there is one.
    Of the faultless rows that share a key the first stays, ordered by all columns; one
    that differs from it beyond its key is a conflicting duplicate. Only rows whose key
    occurs twice go through the window: over every row it took 7.6 s instead of 1.8 for
    a million lines on SQLite. "judged" has the raw columns, clean_key, is_repeated
    and row_fault.
#}
{% macro first_of_each_key(columns) -%}
repeats as (

    select
        *,
        {{ row_as_json(columns[1:]) }} as content

    from judged
    where is_repeated

),

repeats_ranked as (

    select
        *,
        row_number() over (
            {{ first_of_key_order(columns) }}
        ) as occurrence,
        first_value(content) over (
            {{ first_of_key_order(columns) }}
        ) as first_content

    from repeats

),

with_reasons as (

    select
        *,
        cast(null as {{ text_type() }}) as content,
        1 as occurrence,
        cast(null as {{ text_type() }}) as first_content,
        row_fault as reject_reason

    from judged
    where not is_repeated

    union all

    select
        *,
        case
            when row_fault is not null or occurrence = 1 then row_fault
            when content = first_content then 'duplicate key'
            else 'conflicting duplicate'
        end as reject_reason

    from repeats_ranked

),

deduplicated as (

    select
        *,
        case when reject_reason is not null then {{ row_as_json(columns) }} end
            as row_json

    from with_reasons

),
{%- endmacro %}

{# Rows of one key, those without a fault apart, the one to keep first. #}
{% macro first_of_key_order(columns) -%}
    partition by clean_key, row_fault is null
    order by
        {% for column in columns -%}
        {{ binary_order(column) }}{{ ',' if not loop.last }}
        {% endfor -%}
{%- endmacro %}
