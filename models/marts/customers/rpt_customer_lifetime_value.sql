with

buyers as (

    select * from {{ ref('int_buyers') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

current_fits as (

    select * from {{ ref('int_clv_current_fits') }}
    where fit_name = 'all_data' and is_current

),

scores as (

    select * from {{ source('predictions', 'clv_scores') }}

),

predictions as (

    select scores.*

    from scores
    inner join current_fits on scores.fit_name = current_fits.fit_name

),

lifespans as (

    select
        *,
        {{ ratio(days_between('first_order_date', 'last_order_date'), '365.25') }}
            as customer_lifespan_years

    from buyers

),

valued as (

    select
        lifespans.customer_key,
        customers.customer_id,
        lifespans.net_sales as total_spending,
        lifespans.total_orders,
        lifespans.first_order_date,
        lifespans.last_order_date,
        lifespans.customer_lifespan_years,
        {{ ratio('lifespans.net_sales', 'lifespans.total_orders') }}
            as average_purchase_value,
        {{ ratio('lifespans.total_orders', 'lifespans.customer_lifespan_years') }}
            as purchase_frequency_per_year,
        predictions.p_alive,
        predictions.expected_orders,
        predictions.expected_average_value,
        predictions.predicted_value

    from lifespans
    inner join customers on lifespans.customer_key = customers.customer_key
    left join predictions on lifespans.customer_key = predictions.customer_key

)

select * from valued
