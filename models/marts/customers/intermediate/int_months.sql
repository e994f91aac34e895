with

calendar as (

    select * from {{ ref('dim_time') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

months as (

    select
        calendar.month_start,
        max(calendar.date) as month_end,
        max(calendar.date) <= max(as_of.as_of_date) as is_complete

    from calendar
    cross join as_of
    where calendar.month_start <= as_of.as_of_date
    group by calendar.month_start

)

select * from months
