{# The amount that raw text names; null where the text is no number. #}
{% macro parse_money(text) -%}
    case when {{ is_number(text) }} then cast({{ text }} as {{ money_type() }}) end
{%- endmacro %}
