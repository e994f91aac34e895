{#
    How much larger the share of baskets with both is than the product of their shares.

    Args:
        both: baskets with both.
        first: baskets with the first.
        second: baskets with the second.
        baskets: all baskets.
#}
{% macro leverage(both, first, second, baskets) -%}
    {{ ratio(both, baskets) }}
    - {{ ratio(first, baskets) }} * {{ ratio(second, baskets) }}
{%- endmacro %}
