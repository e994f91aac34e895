with

buyers as (

    select * from {{ ref('int_buyers') }}

),

before_their_cohort as (

    select {{ sum_money('orders.net_sales') }} as net_sales

    from {{ ref('fct_orders') }} as orders
    inner join buyers on orders.customer_key = buyers.customer_key
    where orders.time_key < {{ time_key('buyers.first_order_month') }}

),

in_cohorts as (

    select {{ sum_money('total_spending') }} as net_sales

    from {{ ref('rpt_customer_cohorts') }}
    where cohort_basis = 'first_order'

),

of_buyers as (

    select {{ sum_money('net_sales') }} as net_sales from buyers

)

select
    in_cohorts.net_sales as in_cohorts,
    before_their_cohort.net_sales as before_their_cohort,
    of_buyers.net_sales as of_buyers

from in_cohorts
cross join before_their_cohort
cross join of_buyers
where
    {{ to_money(
        'coalesce(in_cohorts.net_sales, 0) + coalesce(before_their_cohort.net_sales, 0)'
    ) }}
    != coalesce(of_buyers.net_sales, 0)
