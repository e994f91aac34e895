{%- set days = {'day': 'text', 'expected': 'text'} -%}

select 'month_start' as macro, day, expected, actual
from (
    {{ unexpected_answers(month_start(to_date('day')), days, [
        ('2024-02-29', '2024-02-01'),
        ('2023-12-31', '2023-12-01'),
        ('2024-01-01', '2024-01-01'),
        (none, none),
    ]) }}
) as wrong_month_starts

union all

select 'year_month' as macro, day, expected, actual
from (
    {{ unexpected_answers(year_month(to_date('day')), days, [
        ('2024-02-29', '2024-02'),
        ('1990-12-31', '1990-12'),
        (none, none),
    ]) }}
) as wrong_year_months

union all

select 'time_key' as macro, day, expected, actual
from (
    {{ unexpected_answers(time_key(to_date('day')), days, [
        ('2024-02-29', '20240229'),
        ('1990-01-01', '19900101'),
        (none, none),
    ]) }}
) as wrong_time_keys

union all

select 'date_of_time_key' as macro, day, expected, actual
from (
    {{ unexpected_answers(date_of_time_key(time_key(to_date('day'))), days, [
        ('2024-02-29', '2024-02-29'),
        ('1990-01-01', '1990-01-01'),
        (none, none),
    ]) }}
) as wrong_dates_of_time_keys

union all

select 'year_day' as macro, day, expected, actual
from (
    {{ unexpected_answers(
        year_day(date_part('year', to_date('day')), 1, 9), days, [
            ('2024-12-31', '2024-01-09'),
            ('1990-01-01', '1990-01-09'),
        ]
    ) }}
) as wrong_year_days

union all

select 'year_month_of_number' as macro, day, expected, actual
from (
    {{ unexpected_answers(
        year_month_of_number(floor_div(time_key(to_date('day')), 100)), days, [
            ('2024-02-29', '2024-02'),
            ('2024-12-31', '2024-12'),
        ]
    ) }}
) as wrong_year_months_of_numbers

union all

select 'month_number' as macro, day, expected, actual
from (
    {{ unexpected_answers(
        month_number('day') ~ ' - ' ~ month_number("'2023-12'"), days, [
            ('2023-12', '0'),
            ('2024-01', '1'),
            ('2022-11', '-13'),
        ]
    ) }}
) as wrong_month_numbers
