{#
    A query of the ids that have no key yet, with the next ones: what an append-only
    model of keys adds in a build. Without rows yet, keys begin at 1.
#}
{% macro lifelong_keys(member, relations) -%}
{%- set id, key = member ~ '_id', member ~ '_key' -%}
with

named_ids as (

    {% for relation in relations -%}
    select {{ id }} from {{ relation }}
    where {{ id }} is not null
    {{ 'union' if not loop.last }}
    {% endfor %}

),

known as (

    {% if is_incremental() -%}
    select * from {{ this }}
    {%- else -%}
    select
        {{ id }},
        0 as {{ key }}

    from named_ids
    where 1 = 0
    {%- endif %}

),

last_key as (

    select coalesce(max({{ key }}), 0) as {{ key }} from known

),

new_ids as (

    select named_ids.{{ id }}

    from named_ids
    left join known on named_ids.{{ id }} = known.{{ id }}
    where known.{{ id }} is null

),

numbered_ids as (

    select * from ({{ numbered_in_order('new_ids', id) }}) as in_order

),

numbered as (

    select
        cast(last_key.{{ key }} + numbered_ids.position as integer) as {{ key }},
        numbered_ids.{{ id }}

    from numbered_ids
    cross join last_key

)

select * from numbered
{%- endmacro %}
