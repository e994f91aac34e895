with

counted as (

    select
        (select count(*) from {{ ref('int_buyers') }}) as buyers,
        (select count(*) from {{ ref('rpt_customer_rfm') }}) as scored,
        (select count(*) from {{ ref('rpt_customer_lifetime_value') }}) as valued,
        (
            select coalesce(sum(cohort_size), 0) from {{ ref('rpt_customer_cohorts') }}
            where cohort_basis = 'first_order' and month_index = 0
        ) as in_cohorts,
        (
            select count(*) from {{ ref('fct_orders') }}
            where customer_order_number = 1
        ) as first_orders

)

select * from counted
where
    buyers != scored
    or buyers != valued
    or buyers != in_cohorts
    or buyers != first_orders
