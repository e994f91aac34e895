{%- set run_fit = 'run python -m pipeline fit' -%}

with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

daily_sales as (

    select * from {{ ref('rpt_sales_daily') }}

),

forecasts as (

    select * from {{ source('predictions', 'sales_forecasts') }}

),

sold as (

    select
        category,
        is_all_categories,
        count(distinct date) as days,
        {{ sum_money('net_sales') }} as net_sales

    from daily_sales
    group by category, is_all_categories

),

series as (

    select * from forecasts
    where period = 'all weeks'

),

fitted as (

    select
        count(*) as series,
        count(case when observed_days > 0 then 1 end) as series_sold,
        min(observed_through) as observed_through

    from series

),

matched as (

    select
        count(*) as series_sold,
        count(case
            when
                sold.days = series.observed_days
                and abs(
                    cast(sold.net_sales as {{ ratio_type() }})
                    - series.observed_net_sales
                ) < 0.00005
                then 1
        end) as series_alike

    from sold
    left join series
        on
            sold.category = series.category
            and sold.is_all_categories = (series.is_all_categories = 1)

),

judged as (

    select
        as_of.as_of_date,
        case
            when fitted.series = 0
                then {{ text_literal('not fitted: ' ~ run_fit) }}
            when
                fitted.observed_through
                != cast(as_of.as_of_date as {{ text_type() }})
                or fitted.series_sold != matched.series_sold
                or matched.series_alike != matched.series_sold
                then {{ text_literal('fitted on other data: ' ~ run_fit) }}
        end as fault

    from as_of
    cross join fitted
    cross join matched

),

shown as (

    select
        forecasts.category,
        forecasts.is_all_categories = 1 as is_all_categories,
        forecasts.period,
        forecasts.status as forecast_status,
        forecasts.weeks_observed,
        forecasts.expected_net_sales,
        forecasts.lower_80,
        forecasts.upper_80,
        {{ to_date('forecasts.first_day') }} as first_day,
        {{ to_date('forecasts.last_day') }} as last_day

    from forecasts
    inner join judged on judged.fault is null

    union all

    select
        '(all)' as category,
        true as is_all_categories,
        'all weeks' as period,
        fault as forecast_status,
        cast(0 as bigint) as weeks_observed,
        cast(null as {{ ratio_type() }}) as expected_net_sales,
        cast(null as {{ ratio_type() }}) as lower_80,
        cast(null as {{ ratio_type() }}) as upper_80,
        {{ add_days('as_of_date', 1) }} as first_day,
        {{ add_days('as_of_date', 91) }} as last_day

    from judged
    where fault is not null and as_of_date is not null

)

select * from shown
