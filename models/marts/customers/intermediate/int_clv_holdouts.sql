with

calibration as (

    select * from {{ ref('int_clv_fits') }}
    where fit_name = 'calibration'

),

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_key != -1

),

-- whoever buys has sales; whoever only returns something has no purchase
later_orders as (

    select
        orders.customer_key,
        cast(count(distinct case
            when orders.has_sale then orders.time_key
        end) as integer) as actual_orders,
        {{ sum_money('orders.net_sales') }} as actual_sales

    from orders
    inner join calibration
        on orders.time_key > {{ time_key('calibration.observed_through') }}
    group by orders.customer_key

)

select * from later_orders
