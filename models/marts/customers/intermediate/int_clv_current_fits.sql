with

fits as (

    select * from {{ ref('int_clv_fits') }}

),

summaries as (

    select * from {{ ref('int_clv_purchase_summaries') }}

),

fitted as (

    select distinct
        fit_name,
        observed_through,
        horizon_weeks,
        yearly_discount_rate,
        buyers,
        repeat_purchases

    from {{ source('predictions', 'clv_parameters') }}

),

counted as (

    select
        fit_name,
        count(*) as buyers,
        sum(frequency) as repeat_purchases

    from summaries
    group by fit_name

),

compared as (

    select
        fits.fit_name,
        fits.observed_through,
        fits.horizon_weeks,
        case
            when fitted.fit_name is null
                then 'not fitted: run python -m pipeline fit'
            when
                fitted.observed_through
                != cast(fits.observed_through as {{ text_type() }})
                or fitted.horizon_weeks != fits.horizon_weeks
                or fitted.yearly_discount_rate != fits.yearly_discount_rate
                or fitted.buyers != coalesce(counted.buyers, 0)
                or fitted.repeat_purchases != coalesce(counted.repeat_purchases, 0)
                then 'fitted on other data: run python -m pipeline fit'
        end as fault

    from fits
    left join counted on fits.fit_name = counted.fit_name
    left join fitted on fits.fit_name = fitted.fit_name

),

judged as (

    select
        *,
        fault is null as is_current

    from compared

)

select * from judged
