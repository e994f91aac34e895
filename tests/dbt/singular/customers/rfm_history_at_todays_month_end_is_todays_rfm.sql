with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

-- without rows unless today is the last day of a month
today as (

    select as_of_date from as_of
    where
        {{ month_start('as_of_date') }}
        != {{ month_start(add_days('as_of_date', 1)) }}

),

from_the_history as (

    select
        history.customer_key,
        history.last_order_date,
        history.recency_days,
        history.frequency,
        history.monetary_value,
        history.r_score,
        history.f_score,
        history.m_score,
        history.rfm_segment,
        history.segment_name

    from {{ ref('rpt_customer_rfm_history') }} as history
    where history.month_end = (select today.as_of_date from today)

),

from_the_report as (

    select
        rfm.customer_key,
        rfm.last_order_date,
        rfm.recency_days,
        rfm.frequency,
        rfm.monetary_value,
        rfm.r_score,
        rfm.f_score,
        rfm.m_score,
        rfm.rfm_segment,
        rfm.segment_name

    from {{ ref('rpt_customer_rfm') }} as rfm
    cross join today

)

{{ rows_that_differ('from_the_history', 'from_the_report') }}
