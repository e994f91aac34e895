with

fits as (

    select * from {{ ref('int_clv_fits') }}

),

purchase_days as (

    select * from {{ ref('int_purchase_days') }}

),

observed as (

    select
        fits.fit_name,
        purchase_days.customer_key,
        max(fits.observed_through) as observed_through,
        cast(count(*) - 1 as integer) as frequency,
        min(purchase_days.purchase_date) as first_purchase_date,
        max(purchase_days.purchase_date) as last_purchase_date,
        cast(sum(purchase_days.orders) as integer) as orders,
        {{ sum_money('purchase_days.net_sales') }} as net_sales,
        {{ sum_money(
            'case when purchase_days.purchase_number > 1'
            ~ ' then purchase_days.net_sales end'
        ) }} as repeat_net_sales

    from purchase_days
    inner join fits on purchase_days.purchase_date <= fits.observed_through
    group by fits.fit_name, purchase_days.customer_key

),

summarised as (

    select
        fit_name,
        customer_key,
        frequency,
        {{ days_between('first_purchase_date', 'last_purchase_date') }}
            as recency_days,
        {{ days_between('first_purchase_date', 'observed_through') }} as age_days,
        {{ ratio('repeat_net_sales', 'frequency') }} as mean_repeat_value,
        orders,
        net_sales

    from observed

)

select * from summarised
