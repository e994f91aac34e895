{# numerator / denominator as a double, one division; null where undefined. #}
{% macro ratio(numerator, denominator) -%}
    (
        cast({{ numerator }} as {{ ratio_type() }})
        / nullif(cast({{ denominator }} as {{ ratio_type() }}), 0)
    )
{%- endmacro %}
