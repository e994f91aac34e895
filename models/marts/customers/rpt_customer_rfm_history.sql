with

orders as (

    select * from {{ ref('fct_orders') }}
    where customer_key != -1

),

calendar as (

    select * from {{ ref('dim_time') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

segment_map as (

    select * from {{ ref('rfm_segment_map') }}

),

months as (

    select
        month_start,
        max(date) as month_end

    from calendar
    group by month_start

),

ended_months as (

    select
        months.month_start,
        months.month_end

    from months
    inner join as_of on months.month_end <= as_of.as_of_date

),

customer_months as (

    select
        orders.customer_key,
        calendar.month_start,
        max(case when orders.has_sale then calendar.date end) as last_order_date,
        count(case when orders.has_sale then 1 end) as orders,
        {{ sum_money('orders.net_sales') }} as net_sales

    from orders
    inner join calendar on orders.time_key = calendar.time_key
    group by orders.customer_key, calendar.month_start

),

-- what was known of a customer from one month with orders or returns to the next
accumulated as (

    select
        customer_key,
        month_start,
        lead(month_start) over (partition by customer_key order by month_start)
            as next_month_start,
        max(last_order_date) over (
            partition by customer_key order by month_start
            rows between unbounded preceding and current row
        ) as last_order_date,
        sum(orders) over (
            partition by customer_key order by month_start
            rows between unbounded preceding and current row
        ) as frequency,
        {{ sum_money(
            'net_sales',
            'over (partition by customer_key order by month_start'
            ~ ' rows between unbounded preceding and current row)'
        ) }} as monetary_value

    from customer_months

),

snapshots as (

    select
        ended_months.month_end,
        accumulated.customer_key,
        accumulated.last_order_date,
        cast(accumulated.frequency as integer) as frequency,
        accumulated.monetary_value

    from accumulated
    inner join ended_months
        on
            accumulated.month_start <= ended_months.month_start
            and (
                accumulated.next_month_start is null
                or accumulated.next_month_start > ended_months.month_start
            )
    where accumulated.frequency > 0

),

scored as (

    select
        month_end,
        customer_key,
        last_order_date,
        frequency,
        monetary_value,
        {{ quintile_score('last_order_date', 'month_end', from_top=true) }} as r_score,
        {{ quintile_score('frequency', 'month_end') }} as f_score,
        {{ quintile_score('monetary_value', 'month_end') }} as m_score

    from snapshots

),

combined as (

    select
        *,
        {{ rfm_segment(['r_score', 'f_score', 'm_score']) }} as rfm_segment

    from scored

),

named as (

    select
        combined.month_end,
        combined.customer_key,
        combined.last_order_date,
        {{ days_between('combined.last_order_date', 'combined.month_end') }}
            as recency_days,
        combined.frequency,
        combined.monetary_value,
        combined.r_score,
        combined.f_score,
        combined.m_score,
        combined.rfm_segment,
        segment_map.segment_name

    from combined
    inner join segment_map on combined.rfm_segment = segment_map.rfm_segment

)

select * from named
