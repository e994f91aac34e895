insert into DimTime
select
    cast(strftime(day, '%Y%m%d') as integer),
    day,
    extract('day' from day),
    extract('month' from day),
    extract('year' from day),
    dayname(day),
    extract('week' from day),
    extract('quarter' from day),
    extract('isodow' from day) >= 6,
    extract('isoyear' from day),
    monthname(day),
    date_trunc('month', day),
    strftime(day, '%Y-%m')
from (
    select
        cast(
            unnest(
                range(
                    make_date(first_year, 1, 1),
                    make_date(last_year + 1, 1, 1),
                    interval 1 day
                )
            ) as date
        ) as day
    from touched_years
    where first_year is not null
) as calendar;
