{{ config(post_hook="{{ index_on([['customer_id']]) }}") }}

{%- set columns = [
    'customer_id', 'name', 'email', 'address', 'city', 'country', 'registration_date'
] %}

with

raw_customers as (

    select * from {{ ref('raw_customers') }}

),

customer_keys as (

    select {{ clean_key('customer_id') }} as customer_key

    from {{ ref('raw_customers') }}

),

repeated_keys as (

    select customer_key from customer_keys
    group by customer_key
    having count(*) > 1

),

parsed as (

    select
        {{ prefixed(columns, 'raw_customers') }},
        {{ clean_key('raw_customers.customer_id') }} as clean_customer_id,
        repeated_keys.customer_key is not null as is_repeated,
        {{ date_text('raw_customers.registration_date') }} as registration_day

    from raw_customers
    left join repeated_keys
        on {{ clean_key('raw_customers.customer_id') }} = repeated_keys.customer_key

),

judged as (

    select
        *,
        case when clean_customer_id is null then 'missing key' end as row_fault,
        case
            when registration_date is null then null
            else {{ date_fault('registration_day') }}
        end as registration_date_fault

    from parsed

),

{{ first_of_each_key('judged', 'clean_customer_id', columns) }}

typed as (

    select
        clean_customer_id as customer_id,
        name,
        email,
        address,
        city,
        country,
        reject_reason,
        registration_date_fault,
        case
            when reject_reason is not null then {{ row_as_json(columns) }}
        end as row_json,
        case
            when registration_date_fault is null then {{ to_date('registration_day') }}
        end as registration_date

    from deduplicated

)

select * from typed
