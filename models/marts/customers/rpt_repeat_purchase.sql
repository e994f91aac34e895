{%- set last_order_number = 5 -%}
{%- set milestones = [30, 60, 90, 180, 365] -%}

with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_order_number <= {{ last_order_number + 1 }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

dated_orders as (

    select
        customer_order_number as order_number,
        {{ date_of_time_key('time_key') }} as order_date,
        lead({{ date_of_time_key('time_key') }}) over (
            partition by customer_key
            order by customer_order_number
        ) as next_order_date

    from orders

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
measured as (

    select
        cast(order_number as integer) as order_number,
        cast(sum(customers) as bigint) as customers,
        cast(sum(customers_returned) as bigint) as customers_returned,
        {{ ratio(
            'sum(customers_returned)',
            'case when sum(customers) >= ' ~ variable('least_customers')
            ~ ' then sum(customers) end'
        ) }}
            as share_returned,
        {% for days in milestones -%}
        {{ customers_at_risk_after(days) }} as customers_at_risk_{{ days }}_days,
        {{ share_back_within(days) }} as returned_within_{{ days }}_days,
        {% endfor -%}
        {{ ratio(
            'min(case when customers_returned > 0'
            ~ ' and 2 * returned_so_far >= all_returned then days_waited end)'
            ~ ' + min(case when customers_returned > 0'
            ~ ' and 2 * returned_so_far > all_returned then days_waited end)',
            'case when max(all_returned) >= ' ~ variable('least_customers')
            ~ ' then 2 end'
        ) }} as median_days

    from survival
    group by order_number

)

select * from measured
