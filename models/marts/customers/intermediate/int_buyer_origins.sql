{#- a first order counts as returned when a product of it comes back by then -#}
{%- set return_days = 30 -%}

with

buyers as (

    select * from {{ ref('int_buyers') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

first_orders as (

    select * from {{ ref('fct_orders') }}
    where customer_order_number = 1

),

order_categories as (

    select * from {{ ref('fct_order_categories') }}
    where has_sale

),

sale_lines as (

    select * from {{ ref('fct_sales') }}
    where line_type = 'sale'

),

return_lines as (

    select * from {{ ref('fct_sales') }}
    where line_type = 'return'

),

ranked_categories as (

    select
        first_orders.customer_key,
        order_categories.category,
        row_number() over (
            partition by first_orders.customer_key
            order by
                order_categories.gross_sales desc,
                {{ binary_order('order_categories.category') }}
        ) as category_rank

    from first_orders
    inner join order_categories
        on first_orders.order_id = order_categories.order_id

),

early_returns as (

    select distinct
        first_orders.customer_key,
        return_lines.product_key

    from return_lines
    inner join first_orders on return_lines.customer_key = first_orders.customer_key
    where
        {{ days_between(
            date_of_time_key('first_orders.time_key'),
            date_of_time_key('return_lines.time_key')
        ) }} between 0 and {{ return_days }}

),

-- ids of one length in their order: 9 before 10
ranked_lines as (

    select
        first_orders.customer_key,
        sale_lines.product_key,
        row_number() over (
            partition by first_orders.customer_key
            order by
                length(sale_lines.order_item_id),
                {{ binary_order('sale_lines.order_item_id') }}
        ) as line_rank,
        max(case when early_returns.product_key is null then 0 else 1 end) over (
            partition by first_orders.customer_key
        ) as is_returned

    from first_orders
    inner join sale_lines on first_orders.order_id = sale_lines.order_id
    left join early_returns
        on
            first_orders.customer_key = early_returns.customer_key
            and sale_lines.product_key = early_returns.product_key

),

described as (

    select
        buyers.customer_key,
        buyers.first_order_date,
        coalesce(customers.country, '(unknown)') as country,
        ranked_categories.category as first_category,
        coalesce(products.category, '(unknown)') as first_product_category,
        case when ranked_lines.is_returned = 1 then 'returned' else 'kept' end
            as first_order_outcome

    from buyers
    inner join customers on buyers.customer_key = customers.customer_key
    inner join ranked_categories
        on
            buyers.customer_key = ranked_categories.customer_key
            and ranked_categories.category_rank = 1
    inner join ranked_lines
        on
            buyers.customer_key = ranked_lines.customer_key
            and ranked_lines.line_rank = 1
    inner join products on ranked_lines.product_key = products.product_key

)

select * from described
