{#
    The total that a raw line names; null where the text is no number, or one too large
    for SQLite's sums.
#}
{% macro parse_line_total(text) -%}
    case
        when abs({{ parse_money(text) }}) < {{ line_total_limit() }}
            then {{ parse_money(text) }}
    end
{%- endmacro %}
