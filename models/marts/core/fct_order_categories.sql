{{
    config(
        alias='FactOrderCategories',
        post_hook="{{ index_on([['time_key'], ['customer_key'], ['order_id']]) }}",
    )
}}

with

sales as (

    select * from {{ ref('fct_sales') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

summed as (

    select
        sales.order_id,
        coalesce(products.category, '(unknown)') as category,
        min(sales.time_key) as time_key,
        min(sales.customer_key) as customer_key,
        {{ sum_sales_lines() }},
        cast(count(*) as integer) as fact_lines,
        max(case when sales.line_type = 'sale' then 1 else 0 end) = 1 as has_sale

    -- every key is in its dimension; a left join keeps SQLite from starting there
    from sales
    left join products on sales.product_key = products.product_key
    group by sales.order_id, coalesce(products.category, '(unknown)')

),

located as (

    select
        summed.*,
        coalesce(customers.country, '(unknown)') as country

    from summed
    left join customers on summed.customer_key = customers.customer_key

)

select * from located
