{#- both, first, second, all baskets: lift 25 twice, then 1, 10, and 20/9 of many -#}
{%- set baskets = {
    'both_orders': 'integer',
    'first_orders': 'integer',
    'second_orders': 'integer',
    'all_orders': 'integer',
    'expected': 'ratio',
} -%}
{%- set counts = [
    (5, 10, 20, 1000),
    (50, 100, 200, 10000),
    (10, 10, 10, 10),
    (10, 10, 10, 100),
    (200000, 1000000, 900000, 10000000),
] -%}
{%- set answers = {
    'leverage': (leverage, [0.0048, 0.0048, 0, 0.09, 0.011]),
    'lift_lower_95': (lift_lower_95, [
        14.899605163416762, 21.22574762561211, 1, 6.105127579629974, 2.2156592904845627
    ]),
} -%}

{% for macro, (measure, expected) in answers.items() -%}
{%- set answer = measure('both_orders', 'first_orders', 'second_orders', 'all_orders') -%}
{%- set cases = [] -%}
{%- for count in counts -%}
    {%- do cases.append(count + (expected[loop.index0],)) -%}
{%- endfor -%}
select '{{ macro }}' as macro, first_orders, expected, actual
from (
    {{ unexpected_answers(
        'case when abs((' ~ answer ~ ') - expected) <= 0.000000000001'
        ~ ' then expected else ' ~ answer ~ ' end',
        baskets,
        cases,
    ) }}
) as wrong_{{ macro }}
{{ 'union all' if not loop.last }}
{% endfor %}
