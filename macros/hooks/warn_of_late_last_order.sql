{#
    Names the orders of the last day in a warning when no order was placed in the year
    before: a wrong date would move every report's today.

    Args:
        query: SQL of order_id, order_date, previous_order_date.
#}
{% macro warn_of_late_last_order(query) -%}
    {%- if execute and invocation_args_dict.which in ['build', 'test'] -%}
        {%- for row in run_query(query).rows -%}
            {%- do exceptions.warn(
                "Order '" ~ row[0] ~ "' is dated " ~ row[1] ~ ", more than a year after the"
                " one before it (" ~ row[2] ~ "): if its date is wrong, so is every recency"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
