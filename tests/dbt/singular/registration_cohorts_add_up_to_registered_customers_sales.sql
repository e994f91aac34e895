with

registered as (

    select
        {{ year_month('customers.registration_date') }} as cohort_month,
        {{ sum_money('orders.net_sales') }} as total_spending,
        count(distinct case when orders.has_sale then customers.customer_key end)
            as buyers

    from {{ ref('dim_customer') }} as customers
    inner join {{ ref('fct_orders') }} as orders
        on customers.customer_key = orders.customer_key
    where customers.registration_date is not null
    group by {{ year_month('customers.registration_date') }}

),

cohorts as (

    select
        cohort_month,
        {{ sum_money('total_spending') }} as total_spending,
        max(active_customers) as most_active,
        max(cohort_size) as cohort_size

    from {{ ref('rpt_customer_cohorts') }}
    where cohort_basis = 'registration'
    group by cohort_month

)

select
    registered.cohort_month,
    registered.total_spending,
    cohorts.total_spending as cohort_spending

from registered
left join cohorts on registered.cohort_month = cohorts.cohort_month
where
    cohorts.total_spending is null
    or cohorts.total_spending != registered.total_spending
    or cohorts.most_active > registered.buyers
    or cohorts.cohort_size < registered.buyers

union all

-- a cohort that nobody of bought anything
select
    cohorts.cohort_month,
    registered.total_spending,
    cohorts.total_spending as cohort_spending

from cohorts
left join registered on cohorts.cohort_month = registered.cohort_month
where
    registered.cohort_month is null
    and (cohorts.total_spending != 0 or cohorts.most_active != 0)
