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

by_category as (

    select
        {{ date_of_time_key('time_key') }} as date,
        country,
        category,
        false as is_all_categories,
        {{ sum_amounts() }},
        cast(count(case when has_sale then 1 end) as bigint) as orders

    from order_categories
    group by time_key, country, category

),

all_categories as (

    select
        {{ date_of_time_key('orders.time_key') }} as date,
        coalesce(customers.country, '(unknown)') as country,
        '(all)' as category,
        true as is_all_categories,
        {{ sum_amounts('orders') }},
        cast(count(case when orders.has_sale then 1 end) as bigint) as orders

    from orders
    inner join customers on orders.customer_key = customers.customer_key
    group by orders.time_key, coalesce(customers.country, '(unknown)')

),

combined as (

    select * from by_category

    union all

    select * from all_categories

)

select * from combined
