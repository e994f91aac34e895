{%- set dates = {'first_day': 'text', 'last_day': 'text', 'expected': 'integer'} -%}

select 'days_between' as macro, first_day, last_day, expected, actual
from (
    {{ unexpected_answers(
        days_between(to_date('first_day'), to_date('last_day')),
        dates,
        [
            ('2024-02-28', '2024-03-01', 2),
            ('2023-02-28', '2023-03-01', 1),
            ('2024-03-01', '2024-02-28', -2),
            ('2024-05-05', '2024-05-05', 0),
            ('1990-01-01', '2099-12-31', 40176),
            (none, '2024-01-01', none),
        ],
    ) }}
) as wrong_days

union all

select 'months_between' as macro, first_day, last_day, expected, actual
from (
    {{ unexpected_answers(
        months_between(to_date('first_day'), to_date('last_day')),
        dates,
        [
            ('2024-01-31', '2024-02-01', 1),
            ('2024-01-01', '2024-01-31', 0),
            ('2023-12-31', '2024-01-01', 1),
            ('2024-03-01', '2023-11-30', -4),
            ('1990-01-15', '2099-12-01', 1319),
            ('2024-01-01', none, none),
        ],
    ) }}
) as wrong_months
