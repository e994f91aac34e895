{#
    How much larger the share of baskets with both is than the product of their shares.
#}
{% macro leverage(both, first, second, baskets) -%}
    {{ ratio(both, baskets) }}
    - {{ ratio(first, baskets) }} * {{ ratio(second, baskets) }}
{%- endmacro %}
