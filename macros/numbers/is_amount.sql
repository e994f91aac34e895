{#
    Whether so many pieces at a price are an amount: from a hundred thousand millions on
    SQLite's doubles lose the decimals of its sums.
#}
{% macro is_amount(units, price) -%}
    abs(cast({{ units }} as {{ ratio_type() }}) * {{ price }}) < 100000000000
{%- endmacro %}
