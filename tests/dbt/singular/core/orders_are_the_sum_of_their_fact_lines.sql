{%- set sums = [
    'gross_sales', 'discounts', 'returns', 'net_sales', 'net_sales_with_cost', 'cost',
    'margin', 'units'
] -%}

with

summed_lines as (

    select
        order_id,
        customer_key,
        time_key,
        {{ sum_money(
            "case when line_type = 'sale' then line_item_total - discount_amount else 0 end"
        ) }} as gross_sales,
        {{ sum_money('discount_amount') }} as discounts,
        {{ sum_money(
            "case when line_type in ('return', 'refund') then line_item_total else 0 end"
        ) }} as returns,
        {{ sum_money('line_item_total') }} as net_sales,
        {{ sum_money(
            'case when cost_amount is not null then line_item_total else 0 end'
        ) }} as net_sales_with_cost,
        {{ sum_money('cost_amount') }} as cost,
        {{ sum_money('margin_amount') }} as margin,
        sum(quantity_sold) as units,
        count(*) as fact_lines

    from {{ ref('fct_sales') }}
    group by order_id, customer_key, time_key

),

lines_outside_sales as (

    select
        order_id,
        count(*) as lines

    from {{ ref('stg_order_items') }}
    where line_type not in ('sale', 'return', 'refund', 'gift')
    group by order_id

),

counts as (

    select
        (select count(*) from {{ ref('fct_orders') }}) as orders,
        (select count(*) from summed_lines) as orders_of_lines

)

select summed_lines.order_id
from summed_lines
left join {{ ref('fct_orders') }} as orders on summed_lines.order_id = orders.order_id
left join lines_outside_sales on orders.order_id = lines_outside_sales.order_id
where
    orders.order_id is null
    or orders.customer_key != summed_lines.customer_key
    or orders.time_key != summed_lines.time_key
    or orders.lines != summed_lines.fact_lines + coalesce(lines_outside_sales.lines, 0)
    {%- for sum in sums %}
    or orders.{{ sum }} is distinct from summed_lines.{{ sum }}
    {%- endfor %}

union all

-- each group of lines has its order, so a larger count is an order without lines
select '(an order without lines)' as order_id
from counts
where orders != orders_of_lines
