{%- set last_order_date -%}
coalesce(customer_months.last_order_date, customer_months.previous_order_date)
{%- endset -%}

with

customer_months as (

    select * from {{ ref('int_customer_months') }}

),

ended_months as (

    select * from {{ ref('int_months') }}
    where is_complete

),

segment_map as (

    select * from {{ ref('rfm_segment_map') }}

),

-- what was known of a customer from one month with orders or returns to the next
buyers as ( -- noqa: ST03

    select
        ended_months.month_end,
        customer_months.customer_key,
        {{ last_order_date }} as last_order_date,
        {{ days_between(last_order_date, 'ended_months.month_end') }} as recency_days,
        cast(customer_months.orders_to_date as integer) as frequency,
        customer_months.net_sales_to_date as monetary_value

    from customer_months
    inner join ended_months
        on
            customer_months.month_start <= ended_months.month_start
            and (
                customer_months.next_month_start is null
                or customer_months.next_month_start > ended_months.month_start
            )
    where customer_months.orders_to_date > 0

),

scored as (

    {{ rfm_scores('buyers', 'segment_map', 'month_end') }}

)

select * from scored
