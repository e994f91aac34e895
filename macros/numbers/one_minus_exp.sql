{#
    1 - exp(-x) of an x that is not negative. For a small x the difference would keep
    few digits, and three terms of the series keep all.
#}
{% macro one_minus_exp(x) -%}
    case
        when {{ x }} < 0.0001
            then {{ x }} * (1 - {{ x }} / 2 * (1 - {{ x }} / 3))
        else 1 - {{ exponential('-(' ~ x ~ ')') }}
    end
{%- endmacro %}
