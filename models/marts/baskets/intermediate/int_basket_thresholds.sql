{#- the share as a whole number of billionths, so that 0.001 x 20,000 is exactly 20 -#}
{%- set billion = 1000000000 -%}
{%- set min_support_billionths =
    (variable('co_purchase_min_support') | float * billion) | round | int -%}

with

baskets as (

    select * from {{ ref('int_baskets') }}
    where not is_over_cap

),

counted as (

    select
        count(*) as baskets_used,
        cast({{ floor_div(
            'count(*) * ' ~ min_support_billionths ~ ' + ' ~ (billion - 1), billion
        ) }} as bigint) as min_orders_by_support

    from baskets

),

combined as (

    select
        baskets_used,
        case
            when min_orders_by_support > {{ variable('co_purchase_min_orders') }}
                then min_orders_by_support
            else {{ variable('co_purchase_min_orders') }}
        end as min_pair_orders

    from counted

)

select * from combined
