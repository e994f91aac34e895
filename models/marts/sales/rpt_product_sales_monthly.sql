with

sales as (

    select * from {{ ref('fct_sales') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

located_sales as (

    select
        sales.*,
        {{ floor_div('sales.time_key', '100') }} as month_number,
        coalesce(customers.country, '(unknown)') as country,
        case when sales.line_type = 'sale' then sales.order_id end as sale_order_id,
        case when sales.line_type = 'sale' then sales.time_key end as sale_time_key

    -- every key is in its dimension; a left join keeps SQLite from starting there
    from sales
    left join customers on sales.customer_key = customers.customer_key

),

summed as (

    select
        {{ year_month_of_number('month_number') }} as month,
        country,
        product_key,
        {{ sum_sales_lines() }},
        cast(count(distinct sale_order_id) as bigint) as orders,
        {{ date_of_time_key('min(sale_time_key)') }} as first_sale_date,
        {{ date_of_time_key('max(sale_time_key)') }} as last_sale_date

    from located_sales
    group by month_number, country, product_key

)

select * from summed
