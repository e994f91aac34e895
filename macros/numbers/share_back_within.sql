{#
    The share that has come back within some days, of a group of waits with columns
    days_waited, share_not_back and is_everybody_back (Kaplan and Meier); null where
    nobody was observed for so long.
#}
{% macro share_back_within(days) -%}
    cast(
        case
            when max(case when days_waited <= {{ days }} and is_everybody_back then 1 end) = 1
                then 1
            when max(days_waited) >= {{ days }}
                then 1 - coalesce(
                    min(case when days_waited <= {{ days }} then share_not_back end), 1
                )
        end as {{ ratio_type() }}
    )
{%- endmacro %}
