with

sales as (

    select * from {{ ref('fct_sales') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

calendar as (

    select * from {{ ref('dim_time') }}

),

located_sales as (

    select
        {{ floor_div('sales.time_key', '100') }} as month_number,
        coalesce(customers.country, '(unknown)') as country,
        sales.product_key,
        sales.order_id,
        sales.time_key,
        sales.quantity_sold,
        sales.line_item_total,
        sales.discount_amount,
        sales.line_type

    -- every key is in its dimension; a left join keeps SQLite from starting there
    from sales
    left join customers on sales.customer_key = customers.customer_key

),

summed as (

    select
        month_number,
        country,
        product_key,
        cast(sum(quantity_sold) as bigint) as units,
        {{ sum_money('line_item_total') }} as net_sales,
        coalesce({{ sum_money(
            "case when line_type = 'sale' then line_item_total - discount_amount end"
        ) }}, {{ to_money('0') }}) as gross_sales,
        {{ sum_money('discount_amount') }} as discounts,
        coalesce({{ sum_money(
            "case when line_type in ('return', 'refund') then line_item_total end"
        ) }}, {{ to_money('0') }}) as returns,
        cast(count(distinct case when line_type = 'sale' then order_id end) as bigint)
            as orders,
        min(case when line_type = 'sale' then time_key end) as first_sale_key,
        max(case when line_type = 'sale' then time_key end) as last_sale_key

    from located_sales
    group by month_number, country, product_key

),

dated as (

    select
        {{ year_month_of_number('summed.month_number') }} as month,
        summed.country,
        summed.product_key,
        summed.units,
        summed.net_sales,
        summed.gross_sales,
        summed.discounts,
        summed.returns,
        summed.orders,
        first_day.date as first_sale_date,
        last_day.date as last_sale_date

    from summed
    left join calendar as first_day on summed.first_sale_key = first_day.time_key
    left join calendar as last_day on summed.last_sale_key = last_day.time_key

)

select * from dated
