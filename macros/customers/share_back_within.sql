{#
    The share that has come back within some days, of a group of waits with columns
    days_waited, customers, share_not_back and is_everybody_back (Kaplan and Meier); null
    where fewer than var least_customers are still at risk, of whom each would move it by
    a large step.
#}
{% macro share_back_within(days) -%}
    cast(
        case
            when {{ customers_at_risk_after(days) }} < {{ variable('least_customers') }}
                then null
            when max(case when days_waited <= {{ days }} and is_everybody_back then 1 end) = 1
                then 1
            else
                1 - coalesce(
                    min(case when days_waited <= {{ days }} then share_not_back end), 1
                )
        end as {{ ratio_type() }}
    )
{%- endmacro %}
