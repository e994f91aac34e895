{#
    dbt compares a unit test's rows as text, and PostgreSQL keeps the scale of each
    number: the 0 of a coalesce would differ from an expected 0.0000. Actual amounts get
    the four decimals that safe_cast gives the expected ones.
#}
{% macro postgres__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    {%- set decimals = [] -%}
    {%- for column in get_column_schema_from_query(main_sql) -%}
        {%- if column.data_type | upper in ['DECIMAL', 'NUMERIC'] -%}
            {%- do decimals.append(column.name | lower) -%}
        {%- endif -%}
    {%- endfor -%}
    {#- an expectation of no rows selects from this name -#}
    with dbt_internal_unit_test_actual as (
        select
            {% for name in expected_column_names -%}
            {{ safe_cast(name, 'decimal') if name | lower in decimals else name }}
            as {{ name }},
            {% endfor -%}
            'actual' as "actual_or_expected"
        from (
            {{ main_sql }}
        ) as actual
    ),
    expected as (
        select
            {{ expected_column_names | join(', ') }},
            'expected' as "actual_or_expected"
        from (
            {{ expected_fixture_sql }}
        ) as expected_rows
    )
    select * from dbt_internal_unit_test_actual
    union all
    select * from expected
{%- endmacro %}
