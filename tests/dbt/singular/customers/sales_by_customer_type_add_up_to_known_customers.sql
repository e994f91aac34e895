with

orders as (

    select
        {{ year_month('calendar.date') }} as month,
        orders.customer_key,
        orders.customer_order_number,
        orders.gross_sales,
        orders.discounts,
        orders.returns,
        orders.net_sales

    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('dim_time') }} as calendar
        on orders.time_key = calendar.time_key
    where orders.customer_key != -1

),

from_the_orders as (

    select
        month,
        count(
            distinct case when customer_order_number is not null then customer_key end
        ) as customers,
        count(case when customer_order_number = 1 then 1 end) as new_customers,
        count(customer_order_number) as orders,
        {{ sum_money('gross_sales') }} as gross_sales,
        {{ sum_money('discounts') }} as discounts,
        {{ sum_money('returns') }} as returns,
        {{ sum_money('net_sales') }} as net_sales

    from orders
    group by month

),

from_the_report as (

    select
        month,
        sum(customers) as customers,
        sum(case when customer_type = 'new' then customers else 0 end) as new_customers,
        sum(orders) as orders,
        {{ sum_money('gross_sales') }} as gross_sales,
        {{ sum_money('discounts') }} as discounts,
        {{ sum_money('returns') }} as returns,
        {{ sum_money('net_sales') }} as net_sales

    from {{ ref('rpt_sales_by_customer_type') }}
    group by month

),

-- a month without an order or return is a row of zeros in the report
filled as (

    select from_the_report.*
    from from_the_report
    left join from_the_orders on from_the_report.month = from_the_orders.month
    where
        from_the_orders.month is not null
        or from_the_report.customers != 0
        or from_the_report.gross_sales != 0
        or from_the_report.returns != 0

)

{{ rows_that_differ('from_the_orders', 'filled') }}
