with

cohorts as (

    select
        cohort_basis,
        cohort_month,
        min(cohort_size) as smallest_size,
        max(cohort_size) as cohort_size

    from {{ ref('rpt_customer_cohorts') }}
    group by cohort_basis, cohort_month

),

members as (

    select
        'first_order' as cohort_basis,
        {{ year_month('first_order_month') }} as cohort_month,
        count(*) as customers

    from {{ ref('int_buyers') }}
    group by {{ year_month('first_order_month') }}

    union all

    select
        'registration' as cohort_basis,
        {{ year_month('registration_date') }} as cohort_month,
        count(*) as customers

    from {{ ref('stg_customers') }}
    where registration_date is not null
    group by {{ year_month('registration_date') }}

)

select
    cohorts.cohort_basis,
    cohorts.cohort_month,
    cohorts.cohort_size,
    members.customers

from cohorts
left join members
    on
        cohorts.cohort_basis = members.cohort_basis
        and cohorts.cohort_month = members.cohort_month
where
    members.customers is null
    or cohorts.cohort_size != members.customers
    or cohorts.smallest_size != members.customers
