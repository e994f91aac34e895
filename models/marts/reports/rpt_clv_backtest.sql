{%- set methods = [
    'bg_nbd', 'same_count', 'same_rate', 'historical_rate', 'nobody'
] -%}

with

parameters as (

    select * from {{ ref('int_clv_parameters') }}
    where fit_name = 'calibration'

),

forecasts as (

    select * from {{ ref('int_clv_forecasts') }}

),

methods as (

    {% for method in methods -%}
    select '{{ method }}' as forecast_method
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

-- customers with equal forecasts share the mean of their ranks
ranked as (

    select
        forecast_method,
        predicted_orders,
        predicted_sales,
        actual_orders,
        actual_sales,
        predicted_orders - actual_orders as error,
        count(*) over (partition by forecast_method) as customers,
        rank() over (partition by forecast_method order by comparable_orders desc)
            as predicted_rank,
        count(*) over (partition by forecast_method, comparable_orders)
            as predicted_ties,
        rank() over (partition by forecast_method order by actual_orders desc)
            as actual_rank,
        count(*) over (partition by forecast_method, actual_orders) as actual_ties

    from forecasts

),

-- of a group of equals that the border of the top tenth cuts, its share counts
placed as (

    select
        forecast_method,
        predicted_orders,
        predicted_sales,
        actual_orders,
        actual_sales,
        error,
        customers,
        predicted_rank + (predicted_ties - 1) / 2.0 as predicted_place,
        actual_rank + (actual_ties - 1) / 2.0 as actual_place,
        case
            when 10 * (predicted_rank - 1 + predicted_ties) <= customers then 1.0
            when 10 * (predicted_rank - 1) >= customers then 0.0
            else {{ ratio(
                'customers - 10 * (predicted_rank - 1)', '10 * predicted_ties'
            ) }}
        end as share_in_top_tenth

    from ranked

),

summed as (

    select
        forecast_method,
        count(*) as customers,
        sum(actual_orders) as actual_orders,
        sum(predicted_orders) as predicted_orders,
        {{ sum_money('actual_sales') }} as actual_sales,
        sum(predicted_sales) as predicted_sales,
        sum(error * error) as squared_errors,
        sum(abs(error)) as absolute_errors,
        sum(share_in_top_tenth * actual_orders) as top_tenth_orders,
        sum(
            (predicted_place - (customers + 1) / 2.0)
            * (actual_place - (customers + 1) / 2.0)
        ) as covariation,
        sum(
            (predicted_place - (customers + 1) / 2.0)
            * (predicted_place - (customers + 1) / 2.0)
        ) as predicted_variation,
        sum(
            (actual_place - (customers + 1) / 2.0)
            * (actual_place - (customers + 1) / 2.0)
        ) as actual_variation

    from placed
    group by forecast_method

),

measured as (

    select
        methods.forecast_method,
        case
            when summed.customers is null then 'too few customers'
            when methods.forecast_method = 'bg_nbd' then parameters.purchase_status
            else 'no fit needed'
        end as forecast_status,
        case
            when summed.customers is null then 'too few customers'
            when methods.forecast_method = 'bg_nbd' then parameters.spend_status
            else 'no fit needed'
        end as spend_status,
        parameters.observed_through as calibrated_through,
        cast(parameters.horizon_weeks as integer) as holdout_weeks,
        cast(coalesce(summed.customers, 0) as bigint) as customers,
        cast(coalesce(summed.actual_orders, 0) as bigint) as actual_orders,
        summed.predicted_orders,
        {{ ratio(
            'summed.predicted_orders - summed.actual_orders', 'summed.actual_orders'
        ) }} as relative_error,
        coalesce(summed.actual_sales, {{ to_money('0') }}) as actual_sales,
        summed.predicted_sales,
        {{ ratio(
            'summed.predicted_sales - summed.actual_sales', 'summed.actual_sales'
        ) }} as relative_sales_error,
        sqrt({{ ratio('summed.squared_errors', 'summed.customers') }})
            as root_mean_squared_error,
        {{ ratio('summed.absolute_errors', 'summed.customers') }}
            as mean_absolute_error,
        case
            when summed.predicted_orders is not null
                then {{ ratio(
                    'summed.covariation',
                    'sqrt(summed.predicted_variation * summed.actual_variation)'
                ) }}
        end as rank_correlation,
        case
            when summed.predicted_orders is not null
                then {{ ratio('summed.top_tenth_orders', 'summed.actual_orders') }}
        end as top_tenth_share

    from methods
    cross join parameters
    left join summed on methods.forecast_method = summed.forecast_method

)

select * from measured
