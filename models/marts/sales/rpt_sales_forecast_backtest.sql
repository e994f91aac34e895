with

series as (

    select * from {{ ref('rpt_sales_forecast') }}
    where period = 'all weeks' and forecast_status = 'fitted'

),

trials as (

    select * from {{ source('predictions', 'sales_forecast_backtest') }}

),

shown as (

    select
        series.category,
        series.is_all_categories,
        {{ to_date('trials.observed_through') }} as observed_through,
        {{ to_date('trials.last_day') }} as last_day,
        trials.weeks,
        trials.naive_lag_weeks,
        {{ to_money('trials.actual_net_sales') }} as actual_net_sales,
        trials.expected_net_sales,
        trials.naive_net_sales,
        {{ ratio(
            'trials.expected_net_sales - trials.actual_net_sales',
            'trials.actual_net_sales'
        ) }} as relative_error,
        {{ ratio(
            'trials.naive_net_sales - trials.actual_net_sales',
            'trials.actual_net_sales'
        ) }} as naive_relative_error,
        trials.mean_absolute_error,
        trials.naive_mean_absolute_error,
        {{ ratio('trials.mean_absolute_error', 'trials.naive_scale') }} as mase,
        {{ ratio('trials.naive_mean_absolute_error', 'trials.naive_scale') }}
            as naive_mase,
        {{ ratio('trials.covered_weeks', 'trials.weeks') }} as coverage,
        {{ ratio('trials.naive_covered_weeks', 'trials.weeks') }} as naive_coverage,
        trials.mean_absolute_error < trials.naive_mean_absolute_error
            as is_nearer

    from trials
    inner join series
        on
            trials.category = series.category
            and (trials.is_all_categories = 1) = series.is_all_categories

)

select * from shown
