{%- set customer_types = ['new', 'returning', 'reactivated', 'no order yet'] -%}
{%- set amounts = ['gross_sales', 'discounts', 'returns', 'net_sales'] -%}

with

customer_months as (

    select * from {{ ref('int_customer_months') }}

),

months as (

    select * from {{ ref('int_months') }}

),

customer_types as (

    {{ literal_rows('customer_type', customer_types) }}

),

typed as (

    select
        *,
        case
            when orders_to_date = 0 then 'no order yet'
            when orders_to_date = orders then 'new'
            when
                {{ days_between('previous_order_date', 'first_order_date') }}
                > {{ variable('reactivation_days') }}
                then 'reactivated'
            else 'returning'
        end as customer_type

    from customer_months

),

summed as (

    select
        typed.month_start,
        typed.customer_type,
        count(case when typed.orders > 0 then 1 end) as customers,
        sum(typed.orders) as orders,
        {{ sum_amounts('typed') }}

    from typed
    group by typed.month_start, typed.customer_type

),

first_month as (

    select min(month_start) as month_start from customer_months

),

cells as (

    select
        {{ year_month('months.month_start') }} as month,
        customer_types.customer_type,
        cast(coalesce(summed.customers, 0) as bigint) as customers,
        cast(coalesce(summed.orders, 0) as bigint) as orders,
        {% for amount in amounts -%}
        coalesce(summed.{{ amount }}, 0) as {{ amount }},
        {% endfor -%}
        months.is_complete

    from months
    inner join first_month on months.month_start >= first_month.month_start
    cross join customer_types
    left join summed
        on
            months.month_start = summed.month_start
            and customer_types.customer_type = summed.customer_type

)

select * from cells
