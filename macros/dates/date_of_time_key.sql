{# The date of a DimTime key, as the calendar would give it, without a join. #}
{% macro date_of_time_key(time_key) -%}
    {%- set digits = 'cast(' ~ time_key ~ ' as ' ~ text_type() ~ ')' -%}
    {{ to_date(
        '(substr(' ~ digits ~ ', 1, 4) || \'-\' || substr(' ~ digits
        ~ ', 5, 2) || \'-\' || substr(' ~ digits ~ ', 7, 2))'
    ) }}
{%- endmacro %}
