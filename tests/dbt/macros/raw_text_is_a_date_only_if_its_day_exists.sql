{#- the fault, or none -#}
{%- set bad = 'bad date' -%}
{%- set outside = 'date out of range' -%}
{%- set earliest, latest = variable('earliest_date'), variable('latest_date') -%}

{#- days that exist: whether they are taken is for the variables to say -#}
{%- set cases = [(earliest, none), (latest, none)] -%}
{%- for day in [
    '2024-02-29',
    '2000-02-29',
    '2024-12-31',
    '2024-01-01 12:30',
    '2024-01-01T12:30',
    '2024-01-01T23:59:59.999+05:30',
    '2024-01-01 00:00:00\r\nand more',
    '0001-01-01',
    '9999-12-31',
] -%}
    {%- set fault = outside if day[:10] < earliest or day[:10] > latest else none -%}
    {%- do cases.append((day, fault)) -%}
{%- endfor -%}

{{ unexpected_answers(
    date_fault(date_text('raw')),
    {'raw': 'text', 'expected': 'text'},
    cases + [
        ('2023-02-29', bad),
        ('1900-02-29', bad),
        ('2100-02-29', bad),
        ('2024-02-30', bad),
        ('2024-04-31', bad),
        ('2024-01-32', bad),
        ('2024-01-00', bad),
        ('2024-00-10', bad),
        ('2024-13-01', bad),
        ('0000-01-01', bad),
        ('2024-1-1', bad),
        ('20240101', bad),
        ('2024-01-01\n', bad),
        (' 2024-01-01', bad),
        ('2024-01-01x', bad),
        ('2024-01-01 1:00', bad),
        ('2024-01-01  10:00', bad),
        ('2024-01-01 24:00', bad),
        ('2024-01-01T25:00', bad),
        ('2024-01-01 29:59:59', bad),
        ('2024-01-01 30:00', bad),
        ('2024-01-01 10:60', bad),
        ('2024-01-01T', bad),
        ('2024-01-01 noon', bad),
        ('02024-01-01', bad),
        ('2024/01/01', bad),
        ('29/02/2024', bad),
        ('٢٠٢٤-01-01', bad),
        ('12:00', bad),
        ('2451545', bad),
        ('now', bad),
        ('null', bad),
        ('', bad),
        (none, bad),
    ],
) }}
