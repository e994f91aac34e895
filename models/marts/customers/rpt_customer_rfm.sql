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

buyers_today as ( -- noqa: ST03

    select
        buyers.customer_key,
        customers.customer_id,
        buyers.last_order_date,
        {{ days_between('buyers.last_order_date', 'as_of.as_of_date') }}
            as recency_days,
        buyers.total_orders as frequency,
        buyers.net_sales as monetary_value,
        buyers.total_orders = 1 as is_one_time_buyer

    from buyers
    inner join customers on buyers.customer_key = customers.customer_key
    cross join as_of

),

scored as (

    {{ rfm_scores('buyers_today', 'segment_map') }}

)

select * from scored
