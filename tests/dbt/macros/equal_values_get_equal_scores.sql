{#- ten customers: five spent the same, which NTILE would tear apart -#}
{{ unexpected_answers(
    quintile_score('spending'),
    {'spending': 'money', 'expected': 'integer'},
    [
        (-5.5, 1),
        (0, 1),
        (10, 2),
        (10, 2),
        (10, 2),
        (10, 2),
        (10, 2),
        (10.0001, 4),
        (1000, 5),
        (99999.99, 5),
    ],
) }}
