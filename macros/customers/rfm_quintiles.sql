{# A query of buyers with their scores, 1 to 5: the fifths that their values are in. #}
{% macro rfm_quintiles(buyers, day) -%}
    {{ return(adapter.dispatch('rfm_quintiles', 'ecommerce_dwh')(buyers, day)) }}
{%- endmacro %}

{% macro default__rfm_quintiles(buyers, day) -%}
    select
        *,
        {{ quintile_score('last_order_date', day, from_top=true) }} as r_score,
        {{ quintile_score('frequency', day) }} as f_score,
        {{ quintile_score('monetary_value', day) }} as m_score

    from {{ buyers }}
{%- endmacro %}

{#
    Spark ranks what has no groups in a single task, three times over all buyers. Of as
    many as one likes there are few days, counts and amounts: only those are ranked,
    and each buyer is held against the least value of each fifth.
#}
{% macro spark__rfm_quintiles(buyers, day) -%}
    {%- set measures = {
        'r_score': 'last_order_date', 'f_score': 'frequency', 'm_score': 'monetary_value'
    } -%}
    {%- set of_day = day ~ ', ' if day else '' -%}
    select
        {{ buyers }}.*,
        {% for score, value in measures.items() -%}
        1
        {%- for fifth in range(2, 6) %}
        + case when {{ buyers }}.{{ value }} >= least.{{ score }}_{{ fifth }} then 1 else 0 end
        {%- endfor %} as {{ score }}{{ ',' if not loop.last }}
        {% endfor %}

    from {{ buyers }}
    inner join (
        select
            {{ of_day }}
            {% for score, value in measures.items() -%}
            {%- set score_loop = loop -%}
            {%- for fifth in range(2, 6) -%}
            min(case when measure = '{{ score }}' and fifth >= {{ fifth }} then {{ value }} end)
                as {{ score }}_{{ fifth }}{{ ',' if not (loop.last and score_loop.last) }}
            {% endfor -%}
            {%- endfor %}

        from (
            select
                *,
                case
                    when measure = 'r_score' then 5 - fifths_before
                    else 1 + fifths_before
                end as fifth

            from (
                select
                    *,
                    {{ floor_div(
                        '5 * (sum(buyers) over (partition by ' ~ of_day
                        ~ 'measure order by last_order_date desc, frequency, '
                        ~ 'monetary_value rows between unbounded preceding and '
                        ~ 'current row) - buyers)',
                        'sum(buyers) over (partition by ' ~ of_day ~ 'measure)'
                    ) }} as fifths_before

                from (
                    select
                        {{ of_day }}
                        {{ measures.values() | join(', ') }},
                        case
                            {%- for score, value in measures.items() %}
                            when grouping({{ value }}) = 0 then '{{ score }}'
                            {%- endfor %}
                        end as measure,
                        count(*) as buyers

                    from {{ buyers }}
                    group by grouping sets (
                        {%- for value in measures.values() %}
                        ({{ of_day }}{{ value }}){{ ',' if not loop.last }}
                        {%- endfor %}
                    )
                ) as counted
            ) as ranked
        ) as placed
        {{ 'group by ' ~ day if day }}
    ) as least on {{ buyers ~ '.' ~ day ~ ' = least.' ~ day if day else '1 = 1' }}
{%- endmacro %}
