{# Calendar months from one date's month to another's; negative if it is earlier. #}
{% macro months_between(first_date, last_date) -%}
    (
        ({{ date_part('year', last_date) }} - {{ date_part('year', first_date) }}) * 12
        + {{ date_part('month', last_date) }} - {{ date_part('month', first_date) }}
    )
{%- endmacro %}
