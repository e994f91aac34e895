-- What the package is for: its tables are read like any model.
select
    customers.name,
    scores.segment_name,
    scores.monetary_value

from {{ ref('ecommerce_dwh', 'rpt_customer_rfm') }} as scores
inner join {{ ref('ecommerce_dwh', 'dim_customer') }} as customers
    on scores.customer_key = customers.customer_key

where scores.segment_name = 'Champions'
