{#
    How many customers, of a group of waits with columns days_waited and customers, were
    waited for that long: neither back before, nor seen for less.
#}
{% macro customers_at_risk_after(days) -%}
    cast(
        sum(case when days_waited >= {{ days }} then customers else 0 end)
        as {{ bigint_type() }}
    )
{%- endmacro %}
