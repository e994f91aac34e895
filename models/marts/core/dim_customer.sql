{{ config(alias='DimCustomer', post_hook="{{ index_on([['customer_id']]) }}") }}

with

customers as (

    select * from {{ ref('stg_customers') }}

),

customer_keys as (

    select * from {{ ref('int_customer_keys') }}

),

named_customers as (

    select distinct customer_id from {{ ref('stg_orders') }}

),

keyed_customers as (

    select
        customer_keys.customer_key,
        customer_keys.customer_id,
        customers.name,
        customers.email,
        customers.address,
        customers.city,
        customers.country,
        customers.registration_date,
        customers.customer_id is null as is_inferred

    from customer_keys
    left join customers on customer_keys.customer_id = customers.customer_id
    left join named_customers on customer_keys.customer_id = named_customers.customer_id
    -- the map remembers ids that earlier files had; their keys wait for them there
    where
        customers.customer_id is not null
        or named_customers.customer_id is not null

),

unknown_customer as (

    select
        -1 as customer_key,
        '(unknown)' as customer_id,
        cast(null as {{ text_type() }}) as name,
        cast(null as {{ text_type() }}) as email,
        cast(null as {{ text_type() }}) as address,
        cast(null as {{ text_type() }}) as city,
        cast(null as {{ text_type() }}) as country,
        {{ to_date('null') }} as registration_date,
        false as is_inferred

),

all_members as (

    select * from unknown_customer

    union all

    select * from keyed_customers

)

select * from all_members
