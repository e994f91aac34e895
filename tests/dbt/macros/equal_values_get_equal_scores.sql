{#- ten customers: five spent the same, which NTILE would tear apart -#}
{%- set cases = [
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
] -%}
{#- the same ten in one month, and two others in another -#}
{%- set monthly_cases = [('b', 7, 1), ('b', 20, 3)] -%}
{%- for spending, expected in cases -%}
    {%- do monthly_cases.append(('a', spending, expected)) -%}
{%- endfor -%}

{#- counted from the top the largest scores 5, even where it is the only one -#}
{%- set cases_from_top = [('b', 7, 5), ('c', 7, 2), ('c', 20, 5), ('c', 20, 5)] -%}

select 'of all rows' as scores, spending, expected, actual
from (
    {{ unexpected_answers(
        quintile_score('spending'), {'spending': 'money', 'expected': 'integer'}, cases
    ) }}
) as wrong_scores

union all

select 'within months' as scores, spending, expected, actual
from (
    {{ unexpected_answers(
        quintile_score('spending', 'month'),
        {'month': 'text', 'spending': 'money', 'expected': 'integer'},
        monthly_cases,
    ) }}
) as wrong_monthly_scores

union all

select 'from the top' as scores, spending, expected, actual
from (
    {{ unexpected_answers(
        quintile_score('spending', 'month', from_top=true),
        {'month': 'text', 'spending': 'money', 'expected': 'integer'},
        cases_from_top,
    ) }}
) as wrong_scores_from_top
