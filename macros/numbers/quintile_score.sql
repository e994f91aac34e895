{#
    A value's fifth among all rows, 1 to 5, the larger the higher. Equal values get
    equal scores, which NTILE does not promise: it cuts through ties at random.

    Args:
        expression: a value.
        partition: columns within whose values the fifths are taken.
#}
{% macro quintile_score(expression, partition='') -%}
    {%- set partition_by = 'partition by ' ~ partition ~ ' ' if partition else '' -%}
    cast(
        1 + {{ floor_div(
            '5 * (rank() over (' ~ partition_by ~ 'order by ' ~ expression ~ ') - 1)',
            'count(*) over (' ~ partition_by | trim ~ ')'
        ) }}
        as integer
    )
{%- endmacro %}
