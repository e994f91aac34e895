insert into DimTime
with recursive

days as (
    select first_year || '-01-01' as date from touched_years
    where first_year is not null
    union all
    select date(date, '+1 day') from days
    where date < (select last_year || '-12-31' from touched_years)
)

select
    cast(replace(date, '-', '') as integer),
    date,
    cast(substr(date, 9, 2) as integer),
    cast(substr(date, 6, 2) as integer),
    cast(substr(date, 1, 4) as integer),
    case strftime('%w', date)
        when '0' then 'Sunday'
        when '1' then 'Monday'
        when '2' then 'Tuesday'
        when '3' then 'Wednesday'
        when '4' then 'Thursday'
        when '5' then 'Friday'
        when '6' then 'Saturday'
    end,
    -- An ISO week belongs to the year of its Thursday.
    (cast(strftime('%j', date(date, '-3 days', 'weekday 4')) as integer) - 1) / 7 + 1,
    (cast(substr(date, 6, 2) as integer) + 2) / 3,
    strftime('%w', date) in ('0', '6'),
    cast(strftime('%Y', date(date, '-3 days', 'weekday 4')) as integer),
    case substr(date, 6, 2)
        when '01' then 'January'
        when '02' then 'February'
        when '03' then 'March'
        when '04' then 'April'
        when '05' then 'May'
        when '06' then 'June'
        when '07' then 'July'
        when '08' then 'August'
        when '09' then 'September'
        when '10' then 'October'
        when '11' then 'November'
        when '12' then 'December'
    end,
    substr(date, 1, 7) || '-01',
    substr(date, 1, 7)
from days;
