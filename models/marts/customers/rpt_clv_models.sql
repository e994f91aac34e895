{%- set models = ['bg_nbd', 'mbg_nbd', 'nbd', 'gamma_gamma'] -%}

with

fits as (

    select * from {{ ref('int_clv_current_fits') }}

),

parameters as (

    select * from {{ source('predictions', 'clv_parameters') }}

),

models as (

    {{ literal_rows('model_name', models) }}

),

shown as (

    select
        fits.fit_name,
        models.model_name,
        coalesce(fits.fault, parameters.status) as model_status,
        fits.horizon_weeks,
        cast(coalesce(parameters.fitted_customers, 0) as bigint) as customers,
        parameters.r,
        parameters.alpha,
        parameters.a,
        parameters.b,
        parameters.p,
        parameters.q,
        parameters.gamma,
        parameters.log_likelihood,
        parameters.likelihood_ratio,
        parameters.leaving_p_value,
        parameters.frequency_value_correlation,
        coalesce(parameters.is_used = 1, false) as is_used,
        fits.observed_through

    from fits
    cross join models
    left join parameters
        on
            fits.is_current
            and fits.fit_name = parameters.fit_name
            and models.model_name = parameters.model_name

)

select * from shown
