with

buyers as (

    select * from {{ ref('int_buyers') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

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

members as (

    select
        'first_order' as cohort_basis,
        customer_key,
        first_order_month as cohort_start

    from buyers

    union all

    select
        'registration' as cohort_basis,
        customer_key,
        {{ month_start('registration_date') }} as cohort_start

    from customers
    where registration_date is not null

),

cohorts as (

    select
        cohort_basis,
        cohort_start,
        cast(count(*) as bigint) as cohort_size

    from members
    group by cohort_basis, cohort_start

),

customer_months as (

    select
        orders.customer_key,
        calendar.month_start,
        max(case when orders.has_sale then 1 else 0 end) as is_active,
        {{ sum_money('orders.net_sales') }} as net_sales

    from orders
    inner join calendar on orders.time_key = calendar.time_key
    group by orders.customer_key, calendar.month_start

),

activity as (

    select
        members.cohort_basis,
        members.cohort_start,
        customer_months.month_start,
        cast(sum(customer_months.is_active) as bigint) as active_customers,
        {{ sum_money('customer_months.net_sales') }} as total_spending

    from members
    inner join customer_months on members.customer_key = customer_months.customer_key
    group by members.cohort_basis, members.cohort_start, customer_months.month_start

),

months as (

    select
        calendar.month_start,
        max(calendar.date) <= max(as_of.as_of_date) as is_complete

    from calendar
    cross join as_of
    where calendar.month_start <= as_of.as_of_date
    group by calendar.month_start

),

-- every month since the cohort's; before it, only registrations that bought earlier
cells as (

    select
        cohorts.cohort_basis,
        cohorts.cohort_start,
        cohorts.cohort_size,
        months.month_start,
        months.is_complete,
        coalesce(activity.active_customers, 0) as active_customers,
        coalesce(activity.total_spending, {{ to_money('0') }}) as total_spending

    from cohorts
    inner join months
        on
            cohorts.cohort_start <= months.month_start
            or cohorts.cohort_basis = 'registration'
    left join activity
        on
            cohorts.cohort_basis = activity.cohort_basis
            and cohorts.cohort_start = activity.cohort_start
            and months.month_start = activity.month_start
    where
        cohorts.cohort_start <= months.month_start
        or activity.month_start is not null

),

accumulated as (

    select
        cohort_basis,
        {{ year_month('cohort_start') }} as cohort_month,
        cast({{ months_between('cohort_start', 'month_start') }} as integer)
            as month_index,
        cohort_size,
        active_customers,
        {{ ratio('active_customers', 'cohort_size') }} as retention_rate,
        total_spending,
        {{ sum_money(
            'total_spending',
            'over (partition by cohort_basis, cohort_start order by month_start'
            ~ ' rows between unbounded preceding and current row)'
        ) }} as cumulative_spending,
        is_complete

    from cells

),

per_customer as (

    select
        cohort_basis,
        cohort_month,
        month_index,
        cohort_size,
        active_customers,
        retention_rate,
        total_spending,
        cumulative_spending,
        {{ ratio('total_spending', 'cohort_size') }} as spending_per_customer,
        {{ ratio('cumulative_spending', 'cohort_size') }}
            as cumulative_spending_per_customer,
        is_complete

    from accumulated

)

select * from per_customer
