{%- set days = [30, 60, 90, 180, 365] -%}
with

shares as (

    {% for more in days -%}
    select
        order_number,
        {{ more }} as days,
        returned_within_{{ more }}_days as share_back

    from {{ ref('rpt_repeat_purchase') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

compared as (

    select
        *,
        lag(share_back) over (partition by order_number order by days) as share_before,
        lag(days) over (partition by order_number order by days) as days_before

    from shares

)

select * from compared
where
    share_back < 0
    or share_back > 1
    or share_back < share_before
    or (
        share_back is not null
        and share_before is null
        and days_before is not null
    )
