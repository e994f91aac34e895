with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

expected_cells as (

    select
        'first_order' as cohort_basis,
        {{ year_month('buyers.first_order_month') }} as cohort_month,
        {{ months_between('buyers.first_order_month', 'as_of.as_of_date') }} + 1
            as cells

    from {{ ref('int_buyers') }} as buyers
    cross join as_of

    union

    select
        'registration' as cohort_basis,
        {{ year_month('customers.registration_date') }} as cohort_month,
        {{ months_between('customers.registration_date', 'as_of.as_of_date') }} + 1
            as cells

    from {{ ref('stg_customers') }} as customers
    cross join as_of
    where customers.registration_date <= as_of.as_of_date

),

cells as (

    select
        cohort_basis,
        cohort_month,
        count(case when month_index >= 0 then 1 end) as cells,
        max(month_index) as last_index,
        min(case when month_index >= 0 then month_index end) as first_index,
        count(case when month_index < 0 and cohort_basis = 'first_order' then 1 end)
            as cells_before,
        count(case when not is_complete then 1 end) as broken_months

    from {{ ref('rpt_customer_cohorts') }}
    group by cohort_basis, cohort_month

)

select
    expected_cells.cohort_basis,
    expected_cells.cohort_month,
    expected_cells.cells as expected_cells,
    cells.cells

from expected_cells
left join cells
    on
        expected_cells.cohort_basis = cells.cohort_basis
        and expected_cells.cohort_month = cells.cohort_month
where
    cells.cells is null
    or cells.cells != expected_cells.cells
    or cells.first_index != 0
    or cells.last_index != expected_cells.cells - 1
    or cells.cells_before != 0
    or cells.broken_months > 1
