{{ config(severity='warn') }}

{%- set future_orders -%}
select
    order_id,
    order_date

from {{ ref('stg_orders') }}
where order_date > {{ to_date(text_literal(today_anywhere())) }}
order by order_date, length(order_id), {{ binary_order('order_id') }}
{%- endset -%}

{{ warn_of_each_row(
    future_orders,
    "Order '{}' is dated {}, which is yet to come: if its date is wrong, so is every"
    ~ " recency"
) }}

{{ future_orders }}
