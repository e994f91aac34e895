with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

from_the_orders as (

    select
        customer_key,
        {{ sum_money('net_sales') }} as net_sales,
        count(case when has_sale then 1 end) as orders,
        min(case when has_sale then time_key end) as first_order_key,
        max(case when has_sale then time_key end) as last_order_key

    from {{ ref('fct_orders') }}
    where customer_key != -1
    group by customer_key
    having count(case when has_sale then 1 end) > 0

),

from_the_reports as (

    select
        lifetime_value.customer_key,
        lifetime_value.total_spending as net_sales,
        lifetime_value.total_orders as orders,
        {{ time_key('lifetime_value.first_order_date') }} as first_order_key,
        {{ time_key('lifetime_value.last_order_date') }} as last_order_key

    from {{ ref('rpt_customer_lifetime_value') }} as lifetime_value
    inner join {{ ref('rpt_customer_rfm') }} as rfm
        on
            lifetime_value.customer_key = rfm.customer_key
            and lifetime_value.customer_id = rfm.customer_id
            and lifetime_value.total_spending = rfm.monetary_value
            and lifetime_value.total_orders = rfm.frequency
            and lifetime_value.last_order_date = rfm.last_order_date
    inner join as_of
        on
            rfm.recency_days
            = {{ days_between('rfm.last_order_date', 'as_of.as_of_date') }}
            and abs(
                lifetime_value.customer_lifespan_years * 365.25
                - {{ days_between(
                    'lifetime_value.first_order_date', 'lifetime_value.last_order_date'
                ) }}
            ) < 0.000001

)

{{ rows_that_differ('from_the_orders', 'from_the_reports') }}
