{#
    A query of the cases in which SQL gives another answer than it should: how a macro
    is tested on every engine, without a table to keep the cases in.
#}
{% macro unexpected_answers(answer, types, cases) -%}
    {%- set sql_types = {
        'text': text_type(),
        'integer': 'integer',
        'money': money_type(),
        'ratio': ratio_type(),
    } -%}
    {%- set expected = types.keys() | list | last -%}
    with

    cases as (

        {% for case in cases -%}
        select
            {% for name, type in types.items() -%}
            {%- set value = case[loop.index0] -%}
            cast(
                {%- if value is none %} null
                {%- elif type == 'text' %} {{ text_literal(value) }}
                {%- else %} {{ value }}
                {%- endif %} as {{ sql_types[type] }}
            ) as {{ name }}{{ ',' if not loop.last }}
            {% endfor %}
        {{ 'union all' if not loop.last }}
        {% endfor %}

    ),

    answered as (

        select
            *,
            cast({{ answer }} as {{ sql_types[types[expected]] }}) as actual

        from cases

    )

    select * from answered
    where case
        when actual = {{ expected }} then 0
        when actual is null and {{ expected }} is null then 0
        else 1
    end = 1
{%- endmacro %}
