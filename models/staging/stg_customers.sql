{{ config(pre_hook="{{ refuse_rejected_rows('raw_customers', ['customer_id']) }}") }}

select
    customer_id,
    name,
    email,
    address,
    city,
    country,
    registration_date

from {{ ref('stg_customers_validated') }}
where reject_reason is null
