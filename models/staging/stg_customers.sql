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
