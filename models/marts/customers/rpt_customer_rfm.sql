with

buyers as (

    select * from {{ ref('int_buyers') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

segment_map as (

    select * from {{ ref('rfm_segment_map') }}

),

scored as (

    select
        customer_key,
        last_order_date,
        total_orders as frequency,
        net_sales as monetary_value,
        {{ quintile_score('last_order_date', from_top=true) }} as r_score,
        {{ quintile_score('total_orders') }} as f_score,
        {{ quintile_score('net_sales') }} as m_score

    from buyers

),

combined as (

    select
        *,
        {{ rfm_segment(['r_score', 'f_score', 'm_score']) }} as rfm_segment

    from scored

),

named as (

    select
        combined.customer_key,
        customers.customer_id,
        combined.last_order_date,
        {{ days_between('combined.last_order_date', 'as_of.as_of_date') }}
            as recency_days,
        combined.frequency,
        combined.monetary_value,
        combined.r_score,
        combined.f_score,
        combined.m_score,
        combined.rfm_segment,
        segment_map.segment_name,
        combined.frequency = 1 as is_one_time_buyer

    from combined
    inner join customers on combined.customer_key = customers.customer_key
    inner join segment_map on combined.rfm_segment = segment_map.rfm_segment
    cross join as_of

)

select * from named
