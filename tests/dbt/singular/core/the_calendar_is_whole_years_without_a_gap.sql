with

calendar as (

    select
        count(*) as days,
        count(case when {{ time_key('date') }} != time_key then 1 end) as misnamed,
        min(date) as first_day,
        max(date) as last_day,
        min(time_key) as first_key,
        max(time_key) as last_key

    from {{ ref('dim_time') }}

)

select * from calendar
where
    days > 0
    and (
        misnamed > 0
        or days != {{ days_between('first_day', 'last_day') }} + 1
        or {{ time_key('first_day') }} != first_key
        or {{ time_key('last_day') }} != last_key
        or {{ date_part('month', 'first_day') }} != 1
        or {{ date_part('day', 'first_day') }} != 1
        or {{ date_part('month', 'last_day') }} != 12
        or {{ date_part('day', 'last_day') }} != 31
    )
