{#
    dbt compares a unit test's rows as text, and columns of expressions have no type
    here: the 0 of a coalesce would differ from an expected 0.0. Whole numbers are
    compared as whole numbers on both sides.
#}
{% macro sqlite__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    {#- an expectation of no rows selects from this name -#}
    with dbt_internal_unit_test_actual as (
        select {{ ecommerce_dwh.sqlite__whole_reals_as_integers(expected_column_names) }}
            'actual' as "actual_or_expected"
        from (
            {{ main_sql }}
        )
    ),
    expected as (
        select {{ ecommerce_dwh.sqlite__whole_reals_as_integers(expected_column_names) }}
            'expected' as "actual_or_expected"
        from (
            {{ expected_fixture_sql }}
        )
    )
    select * from dbt_internal_unit_test_actual
    union all
    select * from expected
{%- endmacro %}

{# The columns to select, whole numbers as integers. #}
{% macro sqlite__whole_reals_as_integers(columns) -%}
    {%- for column in columns -%}
    case
        when typeof({{ column }}) = 'real' and {{ column }} = cast({{ column }} as integer)
            then cast({{ column }} as integer)
        else {{ column }}
    end as {{ column }},
    {%- endfor -%}
{%- endmacro %}
