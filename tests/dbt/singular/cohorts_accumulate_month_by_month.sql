with

cells as (

    select
        cohort_basis,
        cohort_month,
        month_index,
        total_spending,
        cumulative_spending,
        lag(cumulative_spending, 1, {{ to_money('0') }}) over (
            partition by cohort_basis, cohort_month order by month_index
        ) as spending_before

    from {{ ref('rpt_customer_cohorts') }}

)

select * from cells
where cumulative_spending != {{ to_money('spending_before + total_spending') }}
