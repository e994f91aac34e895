{#- a year of weeks; thirteen of quarters -#}
{%- set last_index = 52 -%}

with

buyers as (

    select * from {{ ref('int_buyers') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

days as (

    select * from {{ ref('int_calendar_periods') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

visits as (

    select
        grain,
        customer_key,
        period_number as period_start,
        orders,
        net_sales,
        net_sales_with_cost,
        cost,
        margin

    from {{ ref('int_customer_periods') }}

),

periods as (

    select distinct
        days.grain,
        days.period_number as period_start,
        days.is_complete

    from days
    inner join as_of on days.date <= as_of.as_of_date

),

labels as (

    select distinct
        grain,
        period_number,
        period

    from days

),

members as (

    select
        'first_order' as cohort_basis,
        days.grain,
        buyers.customer_key,
        days.period_number as cohort_start

    from buyers
    inner join days on buyers.first_order_date = days.date

    union all

    select
        'registration' as cohort_basis,
        days.grain,
        customers.customer_key,
        days.period_number as cohort_start

    from customers
    inner join days on customers.registration_date = days.date

),

{{ cohort_cells('period_start - cohort_start', 'grain', last_index) }},

per_customer as (

    select
        accumulated.grain as cohort_grain,
        accumulated.cohort_basis,
        labels.period as cohort_period,
        accumulated.period_index,
        accumulated.cohort_size,
        accumulated.active_customers,
        accumulated.retention_rate,
        accumulated.total_spending,
        accumulated.spending_per_customer,
        accumulated.cumulative_spending,
        {{ ratio('accumulated.cumulative_spending', 'accumulated.cohort_size') }}
            as cumulative_spending_per_customer,
        accumulated.net_sales_with_cost,
        accumulated.cost,
        accumulated.margin,
        accumulated.cumulative_margin,
        accumulated.is_complete

    from accumulated
    inner join labels
        on
            accumulated.grain = labels.grain
            and accumulated.cohort_start = labels.period_number

)

select * from per_customer
