{#
    A query of the rows of a relation with their position, from 1, in the binary order
    of a text that no two of them share.
#}
{% macro numbered_in_order(relation, text) -%}
    {{ return(adapter.dispatch('numbered_in_order', 'ecommerce_dwh')(relation, text)) }}
{%- endmacro %}

{% macro default__numbered_in_order(relation, text) -%}
    select
        *,
        row_number() over (order by {{ binary_order(text) }}) as position

    from {{ relation }}
{%- endmacro %}

{#
    Spark numbers what has no groups in a single task. Here the groups are stretches of
    the order, and a row's position is that in its stretch after those before it.
#}
{% macro spark__numbered_in_order(relation, text) -%}
    select
        in_stretches.*,
        before.texts + row_number() over (
            partition by in_stretches.stretch order by in_stretches.{{ text }}
        ) as position

    from ({{ in_stretches(relation, text) }}) as in_stretches
    inner join (
        select
            stretch,
            sum(count(*)) over (order by stretch) - count(*) as texts

        from ({{ in_stretches(relation, text) }}) as in_stretches
        group by stretch
    ) as before on in_stretches.stretch = before.stretch
{%- endmacro %}

{#
    A query of the rows with the stretch that their text is in: 64 of about as many
    rows, told by one in a thousand, always the same ones. A small relation is one.
#}
{% macro in_stretches(relation, text) -%}
    select
        {{ relation }}.*,
        size(filter(bounds.texts, bound -> bound <= {{ relation }}.{{ text }})) as stretch

    from {{ relation }}
    cross join (
        select
            case
                when size(texts) < 64 then texts
                else transform(
                    sequence(1, 63),
                    part -> element_at(texts, cast(part * size(texts) div 64 as int) + 1)
                )
            end as texts

        from (
            select sort_array(collect_list({{ text }})) as texts
            from {{ relation }}
            where pmod(xxhash64({{ text }}), 1000) = 0
        ) as some
    ) as bounds
{%- endmacro %}
