{{
    config(
        alias='FactOrders',
        post_hook="{{ index_on([['customer_key'], ['time_key']]) }}",
    )
}}

with

order_categories as (

    select * from {{ ref('fct_order_categories') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

lines_outside_sales as (

    select
        order_id,
        count(*) as lines

    from {{ ref('stg_order_items') }}
    where line_type not in ('sale', 'return', 'refund', 'gift')
    group by order_id

),

summed as (

    select
        order_id,
        min(time_key) as time_key,
        min(customer_key) as customer_key,
        {{ sum_amounts() }},
        sum(fact_lines) as fact_lines,
        max(case when has_sale then 1 else 0 end) = 1 as has_sale

    from order_categories
    group by order_id

),

described as (

    select
        summed.order_id,
        summed.customer_key,
        summed.time_key,
        orders.ordered_at,
        summed.gross_sales,
        summed.discounts,
        summed.returns,
        summed.net_sales,
        orders.shipping,
        orders.tax,
        summed.units,
        cast(
            summed.fact_lines + coalesce(lines_outside_sales.lines, 0) as integer
        ) as lines,
        summed.has_sale

    from summed
    inner join orders on summed.order_id = orders.order_id
    left join lines_outside_sales on summed.order_id = lines_outside_sales.order_id

),

numbered as (

    select
        order_id,
        customer_key,
        time_key,
        ordered_at,
        gross_sales,
        discounts,
        returns,
        net_sales,
        shipping,
        tax,
        units,
        lines,
        -- ids of one length in their order: 9 before 10
        case
            when has_sale and customer_key != -1
                then cast(row_number() over (
                    partition by customer_key, has_sale
                    order by
                        time_key,
                        {{ binary_order('ordered_at') }},
                        length(order_id),
                        {{ binary_order('order_id') }}
                ) as integer)
        end as customer_order_number,
        has_sale

    from described

)

select * from numbered
