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

numbered as (

    select
        summed.order_id,
        summed.customer_key,
        summed.time_key,
        orders.ordered_at,
        summed.gross_sales,
        summed.discounts,
        summed.returns,
        summed.net_sales,
        summed.net_sales_with_cost,
        summed.cost,
        summed.margin,
        orders.shipping,
        orders.tax,
        summed.units,
        cast(
            summed.fact_lines + coalesce(lines_outside_sales.lines, 0) as integer
        ) as lines,
        -- ids of one length in their order: 9 before 10
        case
            when summed.has_sale and summed.customer_key != -1
                then cast(row_number() over (
                    partition by
                        summed.has_sale,
                        {{ unknown_apart('summed.customer_key', 'summed.order_id') }}
                    order by
                        summed.time_key,
                        {{ binary_order('orders.ordered_at') }},
                        length(summed.order_id),
                        {{ binary_order('summed.order_id') }}
                ) as integer)
        end as customer_order_number,
        summed.has_sale

    from summed
    inner join orders on summed.order_id = orders.order_id
    left join lines_outside_sales on summed.order_id = lines_outside_sales.order_id

)

select * from numbered
