with

order_categories as (

    select * from {{ ref('fct_order_categories') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

calendar as (

    select * from {{ ref('dim_time') }}

),

by_category as (

    select
        time_key,
        country,
        category,
        false as is_all_categories,
        {{ sum_money('net_sales') }} as net_sales,
        {{ sum_money('gross_sales') }} as gross_sales,
        {{ sum_money('discounts') }} as discounts,
        {{ sum_money('returns') }} as returns,
        cast(sum(units) as bigint) as units,
        cast(count(case when has_sale then 1 end) as bigint) as orders

    from order_categories
    group by time_key, country, category

),

all_categories as (

    select
        orders.time_key,
        coalesce(customers.country, '(unknown)') as country,
        '(all)' as category,
        true as is_all_categories,
        {{ sum_money('orders.net_sales') }} as net_sales,
        {{ sum_money('orders.gross_sales') }} as gross_sales,
        {{ sum_money('orders.discounts') }} as discounts,
        {{ sum_money('orders.returns') }} as returns,
        cast(sum(orders.units) as bigint) as units,
        cast(count(case when orders.has_sale then 1 end) as bigint) as orders

    from orders
    inner join customers on orders.customer_key = customers.customer_key
    group by orders.time_key, coalesce(customers.country, '(unknown)')

),

combined as (

    select * from by_category

    union all

    select * from all_categories

),

dated as (

    select
        calendar.date,
        combined.country,
        combined.category,
        combined.is_all_categories,
        combined.net_sales,
        combined.gross_sales,
        combined.discounts,
        combined.returns,
        combined.units,
        combined.orders

    from combined
    inner join calendar on combined.time_key = calendar.time_key

)

select * from dated
