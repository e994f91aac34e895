{#
    The lower bound of lift, one-sided 95 %: its logarithm is nearly normal, with a
    variance by the delta method over the four cells of the table of two products.
    Products of counts are doubles: they may not fit an integer. First and second may
    change places without moving a digit, so that ties stay ties.
#}
{% macro lift_lower_95(both, first, second, baskets) -%}
    {%- set product = 'cast(' ~ first ~ ' as ' ~ ratio_type() ~ ') * ' ~ second -%}
    {%- set all_pairs = 'cast(' ~ both ~ ' as ' ~ ratio_type() ~ ') * ' ~ baskets -%}
    exp(
        ln({{ ratio(all_pairs, product) }})
        - 1.6448536269514722 * sqrt(abs(
            {{ ratio('1', both) }}
            * ((1 - {{ ratio(both, first) }}) * (1 - {{ ratio(both, second) }}))
            + {{ ratio(both, product) }}
            - {{ ratio('1', baskets) }}
        ))
    )
{%- endmacro %}
