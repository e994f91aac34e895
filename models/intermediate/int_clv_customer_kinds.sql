{{
    config(post_hook="{{ index_on([['fit_name', 'frequency', 'age_days']]) }}")
}}

with

parameters as (

    select * from {{ ref('int_clv_parameters') }}
    where r is not null

),

summaries as (

    select * from {{ ref('int_clv_purchase_summaries') }}

),

kinds as (

    select distinct
        fit_name,
        frequency,
        age_days,
        age_weeks

    from summaries

),

described as (

    select
        kinds.fit_name,
        kinds.frequency,
        kinds.age_days,
        parameters.r + kinds.frequency as rate_shape,
        {{ ratio('parameters.horizon_weeks', 'parameters.alpha + kinds.age_weeks') }}
            as relative_horizon

    from kinds
    inner join parameters on kinds.fit_name = parameters.fit_name

)

select * from described
