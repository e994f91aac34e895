with

calibration as (

    select * from {{ ref('int_clv_current_fits') }}
    where fit_name = 'calibration' and is_current

),

measured as (

    select * from {{ source('predictions', 'clv_backtest_deciles') }}

),

shown as (

    select
        measured.forecast_method,
        cast(measured.decile as integer) as decile,
        cast(measured.customers as bigint) as customers,
        measured.predicted_orders,
        cast(measured.actual_orders as bigint) as actual_orders,
        measured.predicted_sales,
        {{ to_money('measured.actual_sales') }} as actual_sales

    from measured
    cross join calibration

)

select * from shown
