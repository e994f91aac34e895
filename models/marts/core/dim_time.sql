{{ config(alias='DimTime', post_hook="{{ index_on([['date']]) }}") }}

{#- enough numbers for every day that the vars admit -#}
{%- set first_year = variable('earliest_date')[:4] | int -%}
{%- set last_year = [
    variable('latest_date')[:4] | int, variable('as_of_date')[:4] | int
] | max -%}
{%- set calendar_days = (last_year - first_year + 1) * 366 -%}

with

orders as (

    select * from {{ ref('stg_orders') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

touched_dates as (

    select order_date as date from orders

    union all

    select registration_date as date from customers

    union all

    select as_of_date as date from as_of

),

calendar_years as (

    select
        {{ date_part('year', 'min(date)') }} as first_year,
        {{ date_part('year', 'max(date)') }} as last_year

    from touched_dates

),

calendar_bounds as (

    select
        {{ year_day('first_year', 1, 1) }} as first_day,
        {{ year_day('last_year', 12, 31) }} as last_day

    from calendar_years
    where first_year is not null

),

day_numbers as (

    {{ numbers_below((calendar_days | string) | length) }}

),

days as (

    select {{ add_days('calendar_bounds.first_day', 'day_numbers.n') }} as date

    from day_numbers
    inner join calendar_bounds
        on
            {{ days_between('calendar_bounds.first_day', 'calendar_bounds.last_day') }}
            >= day_numbers.n

),

parts as (

    select
        date,
        {{ date_part('day', 'date') }} as day,
        {{ date_part('month', 'date') }} as month,
        {{ date_part('year', 'date') }} as year,
        {{ date_part('iso_day_of_week', 'date') }} as iso_day_of_week,
        {{ date_part('iso_week', 'date') }} as week_of_year,
        {{ date_part('quarter', 'date') }} as quarter,
        {{ date_part('iso_year', 'date') }} as iso_year

    from days

),

named as (

    select
        {{ time_key('date') }} as time_key,
        date,
        day,
        month,
        year,
        case iso_day_of_week
            when 1 then 'Monday'
            when 2 then 'Tuesday'
            when 3 then 'Wednesday'
            when 4 then 'Thursday'
            when 5 then 'Friday'
            when 6 then 'Saturday'
            when 7 then 'Sunday'
        end as day_of_week,
        week_of_year,
        quarter,
        iso_day_of_week >= 6 as is_weekend,
        iso_year,
        case month
            when 1 then 'January'
            when 2 then 'February'
            when 3 then 'March'
            when 4 then 'April'
            when 5 then 'May'
            when 6 then 'June'
            when 7 then 'July'
            when 8 then 'August'
            when 9 then 'September'
            when 10 then 'October'
            when 11 then 'November'
            when 12 then 'December'
        end as month_name,
        {{ month_start('date') }} as month_start,
        {{ year_month('date') }} as year_month

    from parts

)

select * from named
