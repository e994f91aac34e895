{{ config(post_hook="{{ index_on([['time_key'], ['date']]) }}") }}

with

calendar as (

    select * from {{ ref('dim_time') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

-- the calendar may begin and end within a week
weeks as (

    select
        'week' as grain,
        time_key,
        date,
        dense_rank() over (order by iso_year, week_of_year) as period_number,
        cast(iso_year as {{ text_type() }})
        || case when week_of_year < 10 then '-W0' else '-W' end
        || cast(week_of_year as {{ text_type() }}) as period,
        {{ add_days('date', '7 - ' ~ date_part('iso_day_of_week', 'date')) }}
            as period_end

    from calendar

),

quarters as (

    select
        'quarter' as grain,
        time_key,
        date,
        dense_rank() over (order by year, quarter) as period_number,
        cast(year as {{ text_type() }}) || '-Q' || cast(quarter as {{ text_type() }})
            as period,
        max(date) over (partition by year, quarter) as period_end

    from calendar

),

periods as (

    select * from weeks

    union all

    select * from quarters

),

judged as (

    select
        periods.*,
        periods.period_end <= as_of.as_of_date as is_complete

    from periods
    cross join as_of

)

select * from judged
