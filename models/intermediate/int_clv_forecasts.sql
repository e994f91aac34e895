{#-
    Ways to forecast, each as orders in the holdout. A rate a year counts orders over the
    time from first to last order, which one-time buyers do not have.
-#}
{%- set forecasts = {
    'bg_nbd': 'expected_orders',
    'same_count': 'frequency',
    'same_rate': ratio('frequency * horizon_weeks', 'age_weeks'),
    'historical_rate': ratio('orders * horizon_weeks', 'recency_weeks'),
    'nobody': '0',
} -%}

with

parameters as (

    select * from {{ ref('int_clv_parameters') }}
    where fit_name = 'calibration'

),

summaries as (

    select * from {{ ref('int_clv_purchase_summaries') }}
    where fit_name = 'calibration'

),

scores as (

    select * from {{ ref('int_clv_scores') }}
    where fit_name = 'calibration'

),

purchase_days as (

    select * from {{ ref('int_purchase_days') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

calendar as (

    select * from {{ ref('dim_time') }}

),

holdout_days as (

    select
        purchase_days.customer_key,
        cast(count(*) as integer) as actual_orders

    from purchase_days
    inner join parameters
        on purchase_days.purchase_date > parameters.observed_through
    group by purchase_days.customer_key

),

holdout_sales as (

    select
        orders.customer_key,
        {{ sum_money('orders.net_sales') }} as actual_sales

    from orders
    inner join calendar on orders.time_key = calendar.time_key
    inner join parameters on calendar.date > parameters.observed_through
    group by orders.customer_key

),

customers as (

    select
        summaries.customer_key,
        summaries.frequency,
        summaries.orders,
        summaries.age_weeks,
        summaries.recency_weeks,
        {{ ratio('summaries.net_sales', 'summaries.frequency + 1') }}
            as own_average_value,
        parameters.horizon_weeks,
        scores.expected_orders,
        scores.expected_average_value,
        coalesce(holdout_days.actual_orders, 0) as actual_orders,
        coalesce(holdout_sales.actual_sales, {{ to_money('0') }}) as actual_sales

    from summaries
    cross join parameters
    inner join scores on summaries.customer_key = scores.customer_key
    left join holdout_days on summaries.customer_key = holdout_days.customer_key
    left join holdout_sales on summaries.customer_key = holdout_sales.customer_key

),

forecast as (

    {% for method, orders in forecasts.items() -%}
    select
        '{{ method }}' as forecast_method,
        customer_key,
        cast({{ orders }} as {{ ratio_type() }}) as predicted_orders,
        {{ 'expected' if method == 'bg_nbd' else 'own' }}_average_value
            as average_value,
        actual_orders,
        actual_sales

    from customers
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

-- no rate, no forecast: 0, as the report of lifetime values would have it
completed as (

    select
        forecast_method,
        customer_key,
        case
            when forecast_method = 'bg_nbd' then predicted_orders
            else coalesce(predicted_orders, 0)
        end as predicted_orders,
        average_value,
        actual_orders,
        actual_sales

    from forecast

),

-- equal to nine decimals is equal on every engine
ranked as (

    select
        forecast_method,
        customer_key,
        predicted_orders,
        predicted_orders * average_value as predicted_sales,
        actual_orders,
        actual_sales,
        {{ round_ratio('predicted_orders', 9) }} as comparable_orders

    from completed

)

select * from ranked
