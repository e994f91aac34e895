{#- the expected answers are from a calculator with 30 digits -#}
{%- set cases = {
    'one_minus_exp': (one_minus_exp('x'), [
        (0, 0),
        (0.000000001, '0.0000000009999999995'),
        (0.00009, '0.0000899959501214972992'),
        (0.0001, '0.0000999950001666625001'),
        (0.5, '0.393469340287366576396'),
        (1000, 1),
    ]),
    'share_lost': (share_lost('x', 'cast(3 as ' ~ ratio_type() ~ ')'), [
        (0, 0),
        (0.000000001, '0.000000002999999994'),
        (0.000003, '0.0000089999460002699988'),
        (0.000004, '0.0000119999040006399962'),
        (1, 0.875),
        (9, 0.999),
    ]),
    'exponential': (exponential('x'), [
        (0, 1),
        (1, '2.71828182845904523536'),
        (-2.5, '0.0820849986238987951696'),
        (-1000, 0),
        (none, none),
    ]),
    'round_ratio': (round_ratio('x', 6), [
        (1.2345678, 1.234568),
        (-1.2345678, -1.234568),
        (2, 2),
        (0.0000004, 0),
    ]),
} -%}

{% for macro, (answer, rows) in cases.items() -%}
select '{{ macro }}' as macro, x, expected, actual
from (
    {{ unexpected_answers(
        'case when abs((' ~ answer ~ ') - expected) <= 0.0000000001 * abs(expected)'
        ~ ' + 0.000000000000000000001 then expected else ' ~ answer ~ ' end',
        {'x': 'ratio', 'expected': 'ratio'},
        rows,
    ) }}
) as wrong_{{ macro }}
{{ 'union all' if not loop.last }}
{% endfor %}
