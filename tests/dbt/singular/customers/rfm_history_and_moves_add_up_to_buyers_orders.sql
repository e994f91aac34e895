with

-- a line counts from the month in which its customer is a buyer
orders as (

    select
        orders.net_sales,
        orders.customer_order_number,
        case
            when calendar.month_start < buyers.first_order_month
                then buyers.first_order_month
            else calendar.month_start
        end as month_start

    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('dim_time') }} as calendar
        on orders.time_key = calendar.time_key
    inner join {{ ref('int_buyers') }} as buyers
        on orders.customer_key = buyers.customer_key

),

ended_months as (

    select
        calendar.month_start,
        max(calendar.date) as month_end

    from {{ ref('dim_time') }} as calendar
    cross join {{ ref('int_as_of_date') }} as as_of
    group by calendar.month_start
    having max(calendar.date) <= max(as_of.as_of_date)

),

by_month as (

    select
        month_start,
        count(case when customer_order_number = 1 then 1 end) as buyers,
        count(customer_order_number) as orders,
        {{ sum_money('net_sales') }} as net_sales

    from orders
    group by month_start

),

from_the_orders as (

    select
        {{ year_month('ended_months.month_end') }} as month,
        sum(by_month.buyers) as buyers,
        sum(by_month.orders) as orders,
        {{ sum_money('by_month.net_sales') }} as net_sales,
        {{ sum_money(
            'case when by_month.month_start = ended_months.month_start'
            ~ ' then by_month.net_sales else 0 end'
        ) }} as net_sales_of_month

    from ended_months
    inner join by_month on ended_months.month_start >= by_month.month_start
    group by ended_months.month_end

),

from_the_history as (

    select
        {{ year_month('month_end') }} as month,
        count(*) as buyers,
        sum(frequency) as orders,
        {{ sum_money('monetary_value') }} as net_sales

    from {{ ref('rpt_customer_rfm_history') }}
    group by month_end

),

from_the_moves as (

    select
        month,
        sum(customers) as buyers,
        {{ sum_money('monetary_value') }} as net_sales,
        {{ sum_money('monetary_value_change') }} as net_sales_of_month

    from {{ ref('rpt_segment_migration') }}
    group by month

),

compared as (

    select
        from_the_orders.month,
        case
            when
                from_the_history.buyers = from_the_orders.buyers
                and from_the_history.orders = from_the_orders.orders
                and from_the_history.net_sales = from_the_orders.net_sales
                and from_the_moves.buyers = from_the_orders.buyers
                and from_the_moves.net_sales = from_the_orders.net_sales
                and from_the_moves.net_sales_of_month
                = from_the_orders.net_sales_of_month
                then 0
            else 1
        end as is_different

    from from_the_orders
    left join from_the_history on from_the_orders.month = from_the_history.month
    left join from_the_moves on from_the_orders.month = from_the_moves.month

)

select month from compared
where is_different = 1

union all

select reported.month
from (
    select month from from_the_history
    union
    select month from from_the_moves
) as reported
left join from_the_orders on reported.month = from_the_orders.month
where from_the_orders.month is null
