with

forecasts as (

    select * from {{ ref('rpt_sales_forecast') }}
    where forecast_status = 'fitted'

),

-- each week, and all weeks, with the days that it holds
held as (

    select
        longer.category,
        longer.is_all_categories,
        longer.period,
        longer.first_day,
        {{ days_between('longer.first_day', 'longer.last_day') }} + 1 as days,
        longer.expected_net_sales,
        count(days.first_day) as days_held,
        sum(days.expected_net_sales) as expected_of_the_days

    from forecasts as longer
    left join forecasts as days
        on
            days.period = 'day'
            and longer.category = days.category
            and longer.is_all_categories = days.is_all_categories
            and days.first_day between longer.first_day and longer.last_day
    where longer.period != 'day'
    group by
        longer.category,
        longer.is_all_categories,
        longer.period,
        longer.first_day,
        longer.last_day,
        longer.expected_net_sales

),

weeks as (

    select
        category,
        is_all_categories,
        count(*) as weeks,
        sum({{ days_between('first_day', 'last_day') }} + 1) as days

    from forecasts
    where period = 'week'
    group by category, is_all_categories

)

select
    held.category,
    held.period,
    held.first_day

from held
left join weeks
    on
        held.category = weeks.category
        and held.is_all_categories = weeks.is_all_categories
where
    held.days != held.days_held
    or abs(held.expected_of_the_days - held.expected_net_sales)
    > 0.000001 * held.expected_net_sales
    or (held.period = 'week' and held.days != 7)
    or (held.period = 'all weeks' and (weeks.days is null or weeks.days != held.days))
