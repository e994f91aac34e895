select
    cohort_month,
    cohort_size,
    active_customers

from {{ ref('rpt_customer_cohorts') }}
where
    cohort_basis = 'first_order'
    and month_index = 0
    and (active_customers is null or active_customers != cohort_size)
