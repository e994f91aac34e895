with

forecasts as (

    select * from {{ ref('int_clv_forecasts') }}
    where predicted_orders is not null

),

ranked as (

    select
        forecast_method,
        predicted_orders,
        predicted_sales,
        actual_orders,
        actual_sales,
        rank() over (partition by forecast_method order by comparable_orders desc)
            as predicted_rank,
        count(*) over (partition by forecast_method) as customers

    from forecasts

),

divided as (

    select
        *,
        cast(1 + {{ floor_div('10 * (predicted_rank - 1)', 'customers') }} as integer)
            as decile

    from ranked

),

summed as (

    select
        forecast_method,
        decile,
        cast(count(*) as bigint) as customers,
        sum(predicted_orders) as predicted_orders,
        cast(sum(actual_orders) as bigint) as actual_orders,
        sum(predicted_sales) as predicted_sales,
        {{ sum_money('actual_sales') }} as actual_sales

    from divided
    group by forecast_method, decile

)

select * from summed
