with

calibration as (

    select * from {{ ref('int_clv_fits') }}
    where fit_name = 'calibration'

),

purchase_days as (

    select * from {{ ref('int_purchase_days') }}

),

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_key != -1

),

calendar as (

    select * from {{ ref('dim_time') }}

),

later_days as (

    select
        purchase_days.customer_key,
        cast(count(*) as integer) as actual_orders

    from purchase_days
    inner join calibration
        on purchase_days.purchase_date > calibration.observed_through
    group by purchase_days.customer_key

),

later_sales as (

    select
        orders.customer_key,
        {{ sum_money('orders.net_sales') }} as actual_sales

    from orders
    inner join calendar on orders.time_key = calendar.time_key
    inner join calibration on calendar.date > calibration.observed_through
    group by orders.customer_key

),

-- whoever buys has sales; whoever only returns something has no purchase
joined as (

    select
        later_sales.customer_key,
        coalesce(later_days.actual_orders, 0) as actual_orders,
        later_sales.actual_sales

    from later_sales
    left join later_days on later_sales.customer_key = later_days.customer_key

)

select * from joined
