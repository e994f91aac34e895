{# A query of one row a value. #}
{% macro literal_rows(column, values) -%}
    {%- for value in values -%}
    select {{ text_literal(value) if value is string else value }} as {{ column }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor -%}
{%- endmacro %}
