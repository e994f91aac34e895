{{ config(alias='DimTime', post_hook="{{ index_on([['date']]) }}") }}

{#- enough numbers for every day that the vars admit -#}
{%- set first_year = variable('earliest_date')[:4] | int -%}
{%- set last_year = [
    variable('latest_date')[:4] | int, variable('as_of_date')[:4] | int
] | max -%}
{%- set calendar_days = (last_year - first_year + 1) * 366 -%}
{%- set day_names = [
    'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'
] -%}
{%- set month_names = [
    'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
    'September', 'October', 'November', 'December'
] -%}

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
        (last_year - first_year + 1) * 366 as most_days,
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
            -- cheap, and spares nearly all numbers the count of days
            day_numbers.n < calendar_bounds.most_days
            and {{ days_between(
                'calendar_bounds.first_day', 'calendar_bounds.last_day'
            ) }} >= day_numbers.n

),

described as (

    select
        {{ time_key('date') }} as time_key,
        date,
        {{ date_part('day', 'date') }} as day,
        {{ date_part('month', 'date') }} as month,
        {{ date_part('year', 'date') }} as year,
        case {{ date_part('iso_day_of_week', 'date') }}
            {% for name in day_names -%}
            when {{ loop.index }} then '{{ name }}'
            {% endfor %}
        end as day_of_week,
        {{ date_part('iso_week', 'date') }} as week_of_year,
        {{ date_part('quarter', 'date') }} as quarter,
        {{ date_part('iso_day_of_week', 'date') }} >= 6 as is_weekend,
        {{ date_part('iso_year', 'date') }} as iso_year,
        case {{ date_part('month', 'date') }}
            {% for name in month_names -%}
            when {{ loop.index }} then '{{ name }}'
            {% endfor %}
        end as month_name,
        {{ month_start('date') }} as month_start,
        {{ year_month('date') }} as year_month

    from days

)

select * from described
