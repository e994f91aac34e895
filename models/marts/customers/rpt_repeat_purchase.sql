{%- set last_order_number = 5 -%}
{%- set milestones = [30, 60, 90, 180, 365] -%}

with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_order_number is not null

),

calendar as (

    select * from {{ ref('dim_time') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

dated_orders as (

    select
        orders.customer_order_number as order_number,
        calendar.date as order_date,
        lead(calendar.date) over (
            partition by orders.customer_key
            order by orders.customer_order_number
        ) as next_order_date

    from orders
    inner join calendar on orders.time_key = calendar.time_key
    where orders.customer_order_number <= {{ last_order_number + 1 }}

),

-- days to the next order, or, without one, for how long it has been waited for
waits as (

    select
        dated_orders.order_number,
        case when dated_orders.next_order_date is null then 0 else 1 end
            as has_returned,
        {{ days_between(
            'dated_orders.order_date',
            'coalesce(dated_orders.next_order_date, as_of.as_of_date)'
        ) }} as days_waited

    from dated_orders
    cross join as_of
    where dated_orders.order_number <= {{ last_order_number }}

),

counted as (

    select
        order_number,
        days_waited,
        count(*) as customers,
        sum(has_returned) as customers_returned

    from waits
    group by order_number, days_waited

),

at_risk as (

    select
        *,
        sum(customers) over (
            partition by order_number order by days_waited desc
            rows between unbounded preceding and current row
        ) as customers_at_risk,
        sum(customers_returned) over (partition by order_number) as all_returned,
        sum(customers_returned) over (
            partition by order_number order by days_waited
            rows between unbounded preceding and current row
        ) as returned_so_far

    from counted

),

-- Kaplan and Meier: the share not back is multiplied by each day's share not back
survival as (

    select
        *,
        exp(sum(
            case
                when customers_returned < customers_at_risk
                    then ln({{ ratio(
                        'customers_at_risk - customers_returned', 'customers_at_risk'
                    ) }})
                else 0
            end
        ) over (
            partition by order_number order by days_waited
            rows between unbounded preceding and current row
        )) as share_not_back,
        customers_returned = customers_at_risk as is_everybody_back

    from at_risk

),

-- the half of all returns is reached between two days, or on one
medians as (

    select
        order_number,
        {{ ratio(
            'min(case when 2 * returned_so_far >= all_returned then days_waited end)'
            ~ ' + min(case when 2 * returned_so_far > all_returned then days_waited end)',
            '2'
        ) }} as median_days

    from survival
    where customers_returned > 0
    group by order_number

),

summed as (

    select
        order_number,
        {% for days in milestones -%}
        {{ customers_at_risk_after(days) }} as customers_at_risk_{{ days }}_days,
        {{ share_back_within(days) }} as returned_within_{{ days }}_days,
        {% endfor -%}
        cast(sum(customers) as bigint) as customers,
        cast(sum(customers_returned) as bigint) as customers_returned

    from survival
    group by order_number

),

measured as (

    select
        cast(summed.order_number as integer) as order_number,
        summed.customers,
        summed.customers_returned,
        {{ ratio('summed.customers_returned', 'summed.customers') }} as share_returned,
        {% for days in milestones -%}
        summed.customers_at_risk_{{ days }}_days,
        summed.returned_within_{{ days }}_days,
        {% endfor -%}
        medians.median_days

    from summed
    left join medians on summed.order_number = medians.order_number

)

select * from measured
