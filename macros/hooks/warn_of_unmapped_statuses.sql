{# A post-hook of stg_orders_validated: names each status that order_status_map lacks. #}
{% macro warn_of_unmapped_statuses() -%}
    {%- if execute -%}
        {%- set unmapped = run_query(
            "select status, count(*) as orders from " ~ this ~
            " where order_outcome = 'unmapped' and reject_reason is null"
            " group by status order by count(*) desc, status limit 20"
        ) -%}
        {%- for row in unmapped.rows -%}
            {%- do exceptions.warn(
                "Order status '" ~ row[0] ~ "' (" ~ row[1] ~ " orders) is not in "
                "seeds/order_status_map.csv: their lines are adjustments, not sales"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
