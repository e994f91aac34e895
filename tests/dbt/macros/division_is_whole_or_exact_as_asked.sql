select 'floor_div' as macro, expected, actual
from (
    {{ unexpected_answers(
        floor_div('dividend', 'divisor'),
        {'dividend': 'integer', 'divisor': 'integer', 'expected': 'ratio'},
        [(0, 5, 0), (4, 5, 0), (5, 5, 1), (9, 5, 1), (20241231, 100, 202412)],
    ) }}
) as wrong_quotients

union all

select 'ratio' as macro, expected, actual
from (
    {{ unexpected_answers(
        ratio('numerator', 'denominator'),
        {'numerator': 'money', 'denominator': 'integer', 'expected': 'ratio'},
        [
            (1, 2, 0.5),
            (6, 4, 1.5),
            (-3, 8, -0.375),
            (0, 3, 0),
            (0.1, 4, 0.025),
            (1, 0, none),
            (none, 3, none),
            (1, none, none),
        ],
    ) }}
) as wrong_ratios
