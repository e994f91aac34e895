{#
    The lower bound of lift, one-sided 95 %: its logarithm is nearly normal, with a
    variance by the delta method over the four cells of the table of two products. Counts
    are divided before they are multiplied: the product of two may not fit an integer.

    Args:
        both: baskets with both.
        first: baskets with the first.
        second: baskets with the second.
        baskets: all baskets.
#}
{% macro lift_lower_95(both, first, second, baskets) -%}
    exp(
        ln({{ ratio(both, first) }}) - ln({{ ratio(second, baskets) }})
        - 1.6448536269514722 * sqrt(abs(
            {{ ratio('1', both) }}
            - {{ ratio('1', first) }}
            - {{ ratio('1', second) }}
            + 2 * {{ ratio(both, first) }} * {{ ratio('1', second) }}
            - {{ ratio('1', baskets) }}
        ))
    )
{%- endmacro %}
