{%- set methods = [
    'bg_nbd', 'mbg_nbd', 'nbd', 'same_count', 'same_rate', 'historical_rate', 'nobody'
] -%}

with

calibration as (

    select * from {{ ref('int_clv_current_fits') }}
    where fit_name = 'calibration'

),

measured as (

    select * from {{ source('predictions', 'clv_backtest') }}

),

methods as (

    {{ literal_rows('forecast_method', methods) }}

),

shown as (

    select
        methods.forecast_method,
        coalesce(calibration.fault, measured.forecast_status) as forecast_status,
        coalesce(calibration.fault, measured.spend_status) as spend_status,
        coalesce(measured.is_used = 1, false) as is_used,
        calibration.observed_through as calibrated_through,
        cast(calibration.horizon_weeks as integer) as holdout_weeks,
        cast(coalesce(measured.customers, 0) as bigint) as customers,
        cast(coalesce(measured.actual_orders, 0) as bigint) as actual_orders,
        measured.predicted_orders,
        {{ ratio(
            'measured.predicted_orders - measured.actual_orders',
            'measured.actual_orders'
        ) }} as relative_error,
        coalesce({{ to_money('measured.actual_sales') }}, {{ to_money('0') }})
            as actual_sales,
        measured.predicted_sales,
        {{ ratio(
            'measured.predicted_sales - measured.actual_sales',
            'measured.actual_sales'
        ) }} as relative_sales_error,
        measured.root_mean_squared_error,
        measured.mean_absolute_error,
        measured.rank_correlation,
        measured.top_tenth_share

    from methods
    cross join calibration
    left join measured
        on
            calibration.is_current
            and methods.forecast_method = measured.forecast_method

)

select * from shown
