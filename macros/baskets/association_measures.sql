{#
    How strongly two things are bought together, as columns: support,
    confidence_1_to_2, confidence_2_to_1, lift, leverage, lift_lower_95.
#}
{% macro association_measures(both, first, second, baskets) -%}
    {{ ratio(both, baskets) }} as support,
    {{ ratio(both, first) }} as confidence_1_to_2,
    {{ ratio(both, second) }} as confidence_2_to_1,
    {{ ratio(both ~ ' * ' ~ baskets, first ~ ' * ' ~ second) }} as lift,
    {{ leverage(both, first, second, baskets) }} as leverage,
    {{ lift_lower_95(both, first, second, baskets) }} as lift_lower_95
{%- endmacro %}
