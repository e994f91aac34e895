{%- set scored_values = {
    'r_score': 'last_order_date',
    'f_score': 'frequency',
    'm_score': 'monetary_value',
} -%}

with

{% for score, value in scored_values.items() -%}
{{ score }}s as (

    select
        '{{ score }}' as score_name,
        {{ score }} as score,
        lag({{ score }}) over (order by {{ score }}) as lower_score,
        case
            when
                min({{ value }})
                <= lag(max({{ value }})) over (order by {{ score }})
                then 1
            else 0
        end as is_overlapping,
        count({{ value }}) as buyers

    from {{ ref('rpt_customer_rfm') }}
    group by {{ score }}

),

{% endfor -%}

checked as (

    {% for score in scored_values -%}
    select * from {{ score }}s
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from checked
where
    -- the smallest value of a score is above the largest of the score below
    is_overlapping = 1
    or score is null
    or buyers = 0
