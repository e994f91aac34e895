{#- key, value, fault: of the faultless rows of a key the first in byte order stays -#}
{%- set rows = [
    ('a', 'b', none, 'conflicting duplicate'),
    ('a', 'B', none, 'kept'),
    ('a', 'A', 'bad number', 'bad number'),
    ('b', 'x', none, 'kept'),
    ('c', 'é', none, 'conflicting duplicate'),
    ('c', 'z', none, 'kept'),
    ('d', 'x', none, 'conflicting duplicate'),
    ('d', none, none, 'kept'),
    ('e', 'x', 'bad date', 'bad date'),
] -%}
with

judged as (

    {% for key, value, fault, expected in rows -%}
    select
        {{ text_literal(key) }} as clean_key,
        {{ text_literal(value) if value is not none
            else 'cast(null as ' ~ text_type() ~ ')' }} as value,
        {{ text_literal(fault) if fault is not none
            else 'cast(null as ' ~ text_type() ~ ')' }} as row_fault,
        {{ text_literal(key) }} in ('a', 'c', 'd') as is_repeated,
        {{ text_literal(expected) }} as expected
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

{{ first_of_each_key(['clean_key', 'value']) }}

answered as (

    select
        clean_key,
        value,
        expected,
        coalesce(reject_reason, 'kept') as actual

    from deduplicated

)

select * from answered
where actual != expected
