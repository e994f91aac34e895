with

buyers as (

    select * from {{ ref('int_buyers') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

visits as (

    select
        customer_key,
        month_start as period_start,
        orders,
        net_sales,
        net_sales_with_cost,
        cost,
        margin

    from {{ ref('int_customer_months') }}

),

periods as (

    select
        month_start as period_start,
        is_complete

    from {{ ref('int_months') }}

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

{{ cohort_cells(months_between('cohort_start', 'period_start')) }},

per_customer as (

    select
        cohort_basis,
        {{ year_month('cohort_start') }} as cohort_month,
        period_index as month_index,
        cohort_size,
        active_customers,
        retention_rate,
        total_spending,
        spending_per_customer,
        cumulative_spending,
        {{ ratio('cumulative_spending', 'cohort_size') }}
            as cumulative_spending_per_customer,
        net_sales_with_cost,
        cost,
        margin,
        cumulative_margin,
        is_complete

    from accumulated

)

select * from per_customer
