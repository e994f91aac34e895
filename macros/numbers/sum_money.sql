{#
    The exact sum of amounts; null where there is none. REAL sums on SQLite carry
    the error of binary fractions, and a rounded one does not: without this, ranks
    split customers who spent the same.

    Args:
        expression: an amount.
        window: the text of an "over (...)" clause, for a running sum.
#}
{% macro sum_money(expression, window='') -%}
    {{ to_money('sum(' ~ expression ~ ')' ~ (' ' ~ window if window else '')) }}
{%- endmacro %}
