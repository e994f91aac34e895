with

-- the month of the day after today is the first that may not have ended
next_day as (

    select {{ year_month(add_days('as_of_date', 1)) }} as month
    from {{ ref('int_as_of_date') }}

),

months as (

    select
        'rpt_customer_cohorts' as report,
        cohort_month as month,
        {{ month_number('cohort_month') }} + month_index as month_number,
        is_complete

    from {{ ref('rpt_customer_cohorts') }}

    union all

    select
        'rpt_sales_by_customer_type' as report,
        month,
        {{ month_number('month') }} as month_number,
        is_complete

    from {{ ref('rpt_sales_by_customer_type') }}

)

select
    months.report,
    months.month,
    months.month_number,
    months.is_complete

from months
cross join next_day
where months.is_complete != (months.month_number < {{ month_number('next_day.month') }})
