{%- set texts = {'raw': 'text', 'expected': 'text'} -%}

select 'clean_key' as macro, raw, expected, actual
from (
    {{ unexpected_answers(clean_key('raw'), texts, [
        ('A1', 'A1'),
        ('  a 1 ', 'a 1'),
        ('00042', '00042'),
        ('\ta\t', '\ta\t'),
        ('\u00a0a\u00a0', '\u00a0a\u00a0'),
        ('\u3000a', '\u3000a'),
        ("O'Brien \\ \"x\"", "O'Brien \\ \"x\""),
        ('a ', 'a'),
        (' a', 'a'),
        ('=1+1', '=1+1'),
        ('null', 'null'),
        ('😀', '😀'),
        ('   ', none),
        ('', none),
        (' (unknown) ', none),
        (none, none),
    ]) }}
) as wrong_keys

union all

select 'ascii_lower' as macro, raw, expected, actual
from (
    {{ unexpected_answers(ascii_lower(trim_blanks('raw')), texts, [
        ('  PAID ', 'paid'),
        ('Partially_Refunded', 'partially_refunded'),
        ('AZaz09[]@`{', 'azaz09[]@`{'),
        ('COMPLÉTÉ', 'complÉtÉ'),
        ('été', 'été'),
        ('İIıi', 'İiıi'),
        ('Ⅸ', 'Ⅸ'),
        (none, none),
    ]) }}
) as wrong_statuses
