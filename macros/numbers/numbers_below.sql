{#
    A query of the whole numbers n from 0 to 10^digits - 1: digits cross joined, which
    every engine does, where generate_series and recursion differ.
#}
{% macro numbers_below(digits) -%}
    select
        {% for place in range(digits) -%}
        digit_{{ place }}.n * {{ 10 ** place }}{{ ' +' if not loop.last }}
        {% endfor %} as n
    from
        {% for place in range(digits) -%}
        (
            {% for n in range(10) -%}
            select {{ n }} as n{{ ' union all ' if not loop.last }}
            {%- endfor %}
        ) as digit_{{ place }}{{ ' cross join ' if not loop.last }}
        {% endfor %}
{%- endmacro %}
