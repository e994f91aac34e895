with

buyers as (

    select * from {{ ref('int_buyers') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

customer_months as (

    select * from {{ ref('int_customer_months') }}

),

months as (

    select * from {{ ref('int_months') }}

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

activity as (

    select
        members.cohort_basis,
        members.cohort_start,
        customer_months.month_start,
        cast(count(case when customer_months.orders > 0 then 1 end) as bigint)
            as active_customers,
        {{ sum_money('customer_months.net_sales') }} as total_spending

    from members
    inner join customer_months on members.customer_key = customer_months.customer_key
    group by members.cohort_basis, members.cohort_start, customer_months.month_start

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
        {{ ratio('total_spending', 'cohort_size') }} as spending_per_customer,
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
        *,
        {{ ratio('cumulative_spending', 'cohort_size') }}
            as cumulative_spending_per_customer

    from accumulated

)

select * from per_customer
