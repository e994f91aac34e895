{#- halves go away from zero; the last would be rounded twice in decimals -#}
{{ unexpected_answers(
    money_quotient('amount', 'divisor'),
    {'amount': 'money', 'divisor': 'integer', 'expected': 'money'},
    [
        (10, 3, 3.3333),
        (20, 3, 6.6667),
        (0.0001, 2, 0.0001),
        (-0.0001, 2, -0.0001),
        (0.0003, -2, -0.0002),
        (-0.0003, -2, 0.0002),
        (0.0001, 3, 0),
        (0, -7, 0),
        (1, 0, none),
        (1, none, none),
        (none, 3, none),
        ('99999999999.9999', 1, '99999999999.9999'),
        ('99999999999.9999', 2, 50000000000),
        ('99999999999.9999', 2147483647, 46.5661),
    ],
) }}
