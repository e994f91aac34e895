{{ config(post_hook="{{ index_on([['customer_id']]) }}") }}

{%- set columns = [
    'customer_id', 'name', 'email', 'address', 'city', 'country', 'registration_date'
] %}

with

{{ keyed_raw_rows(raw_table('raw_customers'), columns) }}

parsed as (

    select
        *,
        {{ date_text('registration_date') }} as registration_day

    from raw_rows {{ optimization_fence() }}

),

judged as (

    select
        *,
        case when clean_key is null then 'missing key' end as row_fault,
        case
            when registration_date is null then null
            else {{ date_fault('registration_day') }}
        end as registration_date_fault

    from parsed

),

{{ first_of_each_key(columns) }}

typed as (

    select
        clean_key as customer_id,
        name,
        email,
        address,
        city,
        country,
        reject_reason,
        registration_date_fault,
        row_json,
        case
            when registration_date_fault is null then {{ to_date('registration_day') }}
        end as registration_date

    from deduplicated

)

select * from typed
