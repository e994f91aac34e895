{#
    A value's fifth among all rows, 1 to 5, the larger the higher. Equal values get
    equal scores, which NTILE does not promise: it cuts through ties at random.
#}
{% macro quintile_score(expression, partition='', from_top=false) -%}
    {%- set partition_by = 'partition by ' ~ partition ~ ' ' if partition else '' -%}
    {%- set direction = ' desc' if from_top else '' -%}
    cast(
        {{ '5 -' if from_top else '1 +' }} {{ floor_div(
            '5 * (rank() over ('
            ~ partition_by ~ 'order by ' ~ expression ~ direction ~ ') - 1)',
            'count(*) over (' ~ partition_by | trim ~ ')'
        ) }}
        as integer
    )
{%- endmacro %}
