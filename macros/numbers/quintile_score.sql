{#
    A value's fifth among all rows, 1 to 5, the larger the higher. Equal values get
    equal scores, which NTILE does not promise: it cuts through ties at random.
#}
{% macro quintile_score(expression) -%}
    cast(
        1 + {{ floor_div(
            '5 * (rank() over (order by ' ~ expression ~ ') - 1)', 'count(*) over ()'
        ) }}
        as integer
    )
{%- endmacro %}
