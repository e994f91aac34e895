{{ config(post_hook="{{ index_on([['fit_name', 'customer_key']]) }}") }}

with

parameters as (

    select * from {{ ref('int_clv_parameters') }}

),

summaries as (

    select * from {{ ref('int_clv_purchase_summaries') }}

),

expectations as (

    select * from {{ ref('int_clv_expectations') }}

),

judged as (

    select
        summaries.fit_name,
        summaries.customer_key,
        case
            when parameters.r is null then null
            when summaries.frequency = 0 then 1.0
            else 1 / (1 + {{ exponential(
                'ln(parameters.a / (parameters.b + summaries.frequency - 1))'
                ~ ' + (parameters.r + summaries.frequency)'
                ~ ' * ln((parameters.alpha + summaries.age_weeks)'
                ~ ' / (parameters.alpha + summaries.recency_weeks))'
            ) }})
        end as p_alive,
        expectations.orders_if_active,
        expectations.discounted_orders_if_active,
        -- returns of the same days may outweigh the purchases
        parameters.p
        * (
            parameters.gamma
            + case
                when summaries.mean_repeat_value > 0
                    then summaries.frequency * summaries.mean_repeat_value
                else 0
            end
        )
        / (parameters.p * summaries.frequency + parameters.q - 1)
            as expected_average_value

    from summaries
    inner join parameters on summaries.fit_name = parameters.fit_name
    left join expectations
        on
            summaries.fit_name = expectations.fit_name
            and summaries.frequency = expectations.frequency
            and summaries.age_days = expectations.age_days

),

scored as (

    select
        fit_name,
        customer_key,
        p_alive,
        p_alive * orders_if_active as expected_orders,
        expected_average_value,
        p_alive * discounted_orders_if_active * expected_average_value
            as predicted_value

    from judged

)

select * from scored
