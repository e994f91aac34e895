{#- to the last bit, for counts whose thirds and sevenths no binary number holds -#}
with

baskets as (

    {% for both, first, second in [
        (5, 33, 77), (24, 119, 1037), (7, 7, 9001), (13, 14, 15), (101, 997, 30011)
    ] -%}
    select
        {{ both }} as both_orders,
        {{ first }} as first_orders,
        {{ second }} as second_orders,
        39571 as all_orders
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

measured as (

    select
        *,
        {{ lift_lower_95('both_orders', 'first_orders', 'second_orders', 'all_orders') }}
            as one_way,
        {{ lift_lower_95('both_orders', 'second_orders', 'first_orders', 'all_orders') }}
            as other_way

    from baskets

)

select * from measured
where
    one_way is null
    or one_way != other_way
