{#
    Says a warning for each row of a query, of the first ten, while tests run: a test
    that warns would name none of them.
#}
{% macro warn_of_each_row(query, words) -%}
    {%- if execute and invocation_args_dict.which in ['build', 'test'] -%}
        {%- set rows = run_query(query).rows -%}
        {%- for row in rows[:10] -%}
            {%- do exceptions.warn(words.format(*row)) -%}
        {%- endfor -%}
        {%- if rows | length > 10 -%}
            {%- do exceptions.warn("... and " ~ (rows | length - 10) ~ " more like the last") -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
