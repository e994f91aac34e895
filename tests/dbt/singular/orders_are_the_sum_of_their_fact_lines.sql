with

summed_lines as (

    select
        order_id,
        customer_key,
        time_key,
        coalesce({{ sum_money(
            "case when line_type = 'sale' then line_item_total - discount_amount end"
        ) }}, 0) as gross_sales,
        coalesce({{ sum_money(
            "case when line_type = 'sale' then discount_amount end"
        ) }}, 0) as discounts,
        coalesce({{ sum_money(
            "case when line_type in ('return', 'refund') then line_item_total end"
        ) }}, 0) as returns,
        {{ sum_money('line_item_total') }} as net_sales,
        sum(quantity_sold) as units,
        count(*) as fact_lines,
        max(case when line_type = 'sale' then 1 else 0 end) as sales

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

orders as (

    select
        orders.order_id,
        orders.customer_key,
        orders.time_key,
        orders.gross_sales,
        orders.discounts,
        orders.returns,
        orders.net_sales,
        orders.units,
        orders.lines - coalesce(lines_outside_sales.lines, 0) as fact_lines,
        case when orders.has_sale then 1 else 0 end as sales

    from {{ ref('fct_orders') }} as orders
    left join lines_outside_sales on orders.order_id = lines_outside_sales.order_id

)

{{ rows_that_differ('summed_lines', 'orders') }}
