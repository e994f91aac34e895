{#
    A query of one row a value.

    Args:
        column: the column's name.
        values: its values: texts or numbers.
#}
{% macro literal_rows(column, values) -%}
    {%- for value in values -%}
    select {{ text_literal(value) if value is string else value }} as {{ column }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor -%}
{%- endmacro %}
