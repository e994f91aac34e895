{#- the expected answers are from a calculator with 30 digits -#}
{%- set cases = {
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
