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

sales as (

    select * from {{ ref('fct_sales') }}

),

calendar as (

    select * from {{ ref('dim_time') }}

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

first_lines as (

    select
        sales.customer_key,
        sales.product_key,
        sales.order_item_id

    from first_orders
    inner join sales on first_orders.order_id = sales.order_id
    where sales.line_type = 'sale'

),

-- ids of one length in their order: 9 before 10
ranked_lines as (

    select
        customer_key,
        product_key,
        row_number() over (
            partition by customer_key
            order by length(order_item_id), {{ binary_order('order_item_id') }}
        ) as line_rank

    from first_lines

),

early_returns as (

    select
        sales.customer_key,
        sales.product_key

    from sales
    inner join buyers on sales.customer_key = buyers.customer_key
    inner join calendar on sales.time_key = calendar.time_key
    where
        sales.line_type = 'return'
        and calendar.date >= buyers.first_order_date
        and calendar.date
        <= {{ add_days('buyers.first_order_date', return_days) }}

),

products_returned as (

    select
        customer_key,
        product_key
    from first_lines
    intersect
    select
        customer_key,
        product_key
    from early_returns

),

returned as (

    select distinct customer_key from products_returned

),

described as (

    select
        buyers.customer_key,
        buyers.first_order_date,
        coalesce(customers.country, '(unknown)') as country,
        ranked_categories.category as first_category,
        coalesce(products.category, '(unknown)') as first_product_category,
        case when returned.customer_key is null then 'kept' else 'returned' end
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
    left join returned on buyers.customer_key = returned.customer_key

)

select * from described
