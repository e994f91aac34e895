{#- money in a quarter of the horizon is discounted from the quarter's middle -#}
{%- set log_growth = 'ln(' ~ (1 + variable('clv_discount_rate_yearly') | float) ~ ')' -%}
{%- set reach = 'quadrature.leave_probability * kinds.relative_horizon' -%}

{{
    config(post_hook="{{ index_on([['fit_name', 'frequency', 'age_days']]) }}")
}}

with

parameters as (

    select * from {{ ref('int_clv_parameters') }}

),

kinds as (

    select * from {{ ref('int_clv_customer_kinds') }}

),

quadrature as (

    select * from {{ ref('int_clv_quadrature') }}

),

-- orders of a customer still active, until the end of each quarter of the horizon
summed as (

    select
        kinds.fit_name,
        kinds.frequency,
        kinds.age_days,
        sum(quadrature.weight * {{ share_lost(reach ~ ' * 0.25', 'kinds.rate_shape') }})
            as orders_until_1,
        sum(quadrature.weight * {{ share_lost(reach ~ ' * 0.5', 'kinds.rate_shape') }})
            as orders_until_2,
        sum(quadrature.weight * {{ share_lost(reach ~ ' * 0.75', 'kinds.rate_shape') }})
            as orders_until_3,
        sum(quadrature.weight * {{ share_lost(reach, 'kinds.rate_shape') }})
            as orders_until_4

    from kinds
    inner join quadrature
        on
            kinds.fit_name = quadrature.fit_name
            and kinds.frequency = quadrature.frequency
    group by kinds.fit_name, kinds.frequency, kinds.age_days

),

discounts as (

    select
        fit_name,
        -{{ log_growth }} * {{ ratio('horizon_weeks * 7', '365.25') }} as log_discount

    from parameters

),

expected as (

    select
        summed.fit_name,
        summed.frequency,
        summed.age_days,
        summed.orders_until_4 as orders_if_active,
        summed.orders_until_1 * exp(discounts.log_discount * 0.125)
        + (summed.orders_until_2 - summed.orders_until_1)
        * exp(discounts.log_discount * 0.375)
        + (summed.orders_until_3 - summed.orders_until_2)
        * exp(discounts.log_discount * 0.625)
        + (summed.orders_until_4 - summed.orders_until_3)
        * exp(discounts.log_discount * 0.875)
            as discounted_orders_if_active

    from summed
    inner join discounts on summed.fit_name = discounts.fit_name

)

select * from expected
