with

fits as (

    select * from {{ ref('int_clv_fits') }}

),

summaries as (

    select * from {{ ref('int_clv_purchase_summaries') }}

),

-- written between the purchase summaries and this model: python -m pipeline fit
fitted as (

    select * from {{ clv_parameters_relation() }}

),

counted as (

    select
        fit_name,
        count(*) as customers,
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
                or fitted.customers != coalesce(counted.customers, 0)
                or fitted.repeat_purchases != coalesce(counted.repeat_purchases, 0)
                then 'fitted on other data: run python -m pipeline fit'
            else fitted.purchase_status
        end as purchase_status,
        fitted.spend_status,
        fitted.r,
        fitted.alpha,
        fitted.a,
        fitted.b,
        fitted.p,
        fitted.q,
        fitted.gamma

    from fits
    left join counted on fits.fit_name = counted.fit_name
    left join fitted on fits.fit_name = fitted.fit_name

),

judged as (

    select
        *,
        purchase_status = 'fitted' as can_predict_purchases,
        purchase_status = 'fitted' and spend_status = 'fitted' as can_predict_spend

    from compared

),

usable as (

    select
        fit_name,
        observed_through,
        horizon_weeks,
        purchase_status,
        case
            when can_predict_purchases then spend_status
            else purchase_status
        end as spend_status,
        case when can_predict_purchases then r end as r,
        case when can_predict_purchases then alpha end as alpha,
        case when can_predict_purchases then a end as a,
        case when can_predict_purchases then b end as b,
        case when can_predict_spend then p end as p,
        case when can_predict_spend then q end as q,
        case when can_predict_spend then gamma end as gamma

    from judged

)

select * from usable
