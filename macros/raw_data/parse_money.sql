{#
    The amount that raw text names; null where the text is no number. Hardly any text
    has blanks around it, so they are looked for only where it is no number as it is.
#}
{% macro parse_money(text) -%}
    case
        when {{ is_number(text) }} then cast({{ text }} as {{ money_type() }})
        when {{ is_number(trim_blanks(text)) }}
            then cast({{ trim_blanks(text) }} as {{ money_type() }})
    end
{%- endmacro %}
