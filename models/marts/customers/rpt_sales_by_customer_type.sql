with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_key != -1

),

calendar as (

    select * from {{ ref('dim_time') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

customer_types as (

    {% for customer_type in ['new', 'returning', 'reactivated', 'no order yet'] -%}
    select '{{ customer_type }}' as customer_type
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

customer_months as (

    select
        orders.customer_key,
        calendar.month_start,
        min(case when orders.has_sale then calendar.date end) as first_order_date,
        max(case when orders.has_sale then calendar.date end) as last_order_date,
        count(case when orders.has_sale then 1 end) as orders,
        {{ sum_money('orders.gross_sales') }} as gross_sales,
        {{ sum_money('orders.discounts') }} as discounts,
        {{ sum_money('orders.returns') }} as returns,
        {{ sum_money('orders.net_sales') }} as net_sales

    from orders
    inner join calendar on orders.time_key = calendar.time_key
    group by orders.customer_key, calendar.month_start

),

preceded as (

    select
        *,
        max(last_order_date) over (
            partition by customer_key order by month_start
            rows between unbounded preceding and 1 preceding
        ) as previous_order_date,
        min(case when orders > 0 then month_start end) over (
            partition by customer_key
        ) as first_order_month

    from customer_months

),

typed as (

    select
        month_start,
        orders,
        gross_sales,
        discounts,
        returns,
        net_sales,
        case
            when month_start = first_order_month then 'new'
            when coalesce(month_start < first_order_month, true) then 'no order yet'
            when
                {{ days_between('previous_order_date', 'first_order_date') }}
                > {{ variable('reactivation_days') }}
                then 'reactivated'
            else 'returning'
        end as customer_type

    from preceded

),

summed as (

    select
        month_start,
        customer_type,
        count(case when orders > 0 then 1 end) as customers,
        sum(orders) as orders,
        {{ sum_money('gross_sales') }} as gross_sales,
        {{ sum_money('discounts') }} as discounts,
        {{ sum_money('returns') }} as returns,
        {{ sum_money('net_sales') }} as net_sales

    from typed
    group by month_start, customer_type

),

first_month as (

    select min(month_start) as month_start from summed

),

months as (

    select
        calendar.month_start,
        max(calendar.date) <= max(as_of.as_of_date) as is_complete

    from calendar
    inner join first_month on calendar.month_start >= first_month.month_start
    cross join as_of
    where calendar.month_start <= as_of.as_of_date
    group by calendar.month_start

),

cells as (

    select
        {{ year_month('months.month_start') }} as month,
        customer_types.customer_type,
        cast(coalesce(summed.customers, 0) as bigint) as customers,
        cast(coalesce(summed.orders, 0) as bigint) as orders,
        coalesce(summed.gross_sales, 0) as gross_sales,
        coalesce(summed.discounts, 0) as discounts,
        coalesce(summed.returns, 0) as returns,
        coalesce(summed.net_sales, 0) as net_sales,
        months.is_complete

    from months
    cross join customer_types
    left join summed
        on
            months.month_start = summed.month_start
            and customer_types.customer_type = summed.customer_type

)

select * from cells
