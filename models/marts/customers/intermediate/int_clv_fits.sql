{%- set rate -%}
cast({{ variable('clv_discount_rate_yearly') }} as {{ ratio_type() }})
{%- endset -%}

with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

fits as (

    select
        'all_data' as fit_name,
        as_of_date as observed_through,
        {{ variable('clv_horizon_weeks') }} as horizon_weeks,
        {{ rate }} as yearly_discount_rate

    from as_of

    union all

    select
        'calibration' as fit_name,
        {{ add_days('as_of_date', -7 * variable('clv_holdout_weeks')) }}
            as observed_through,
        {{ variable('clv_holdout_weeks') }} as horizon_weeks,
        {{ rate }} as yearly_discount_rate

    from as_of

)

select * from fits
