{#
    The exact sum of amounts; null where there is none. Without it ranks split customers
    who spent the same.
#}
{% macro sum_money(expression, window='') -%}
    {{ return(adapter.dispatch('sum_money', 'ecommerce_dwh')(expression, window)) }}
{%- endmacro %}

{% macro default__sum_money(expression, window) -%}
    {{ to_money('sum(' ~ expression ~ ')' ~ (' ' ~ window if window else '')) }}
{%- endmacro %}

{#
    A sum of REAL carries the error of binary fractions, which grows with every row: past
    a few hundred million the fourth decimal is wrong, rounded or not. Whole
    ten-thousandths add up exactly.
#}
{% macro sqlite__sum_money(expression, window) -%}
    (sum(cast(round(({{ expression }}) * 10000) as integer)) {{ window }} / 10000.0)
{%- endmacro %}
