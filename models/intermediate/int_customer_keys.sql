{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ index_on([['customer_id']]) }}",
    )
}}

with

customers as (

    select * from {{ ref('stg_customers') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

named_ids as (

    select customer_id from customers

    union

    select customer_id from orders
    where customer_id is not null

),

{% if is_incremental() -%}
keyed as (

    select * from {{ this }}

),

new_ids as (

    select named_ids.customer_id

    from named_ids
    left join keyed on named_ids.customer_id = keyed.customer_id
    where keyed.customer_id is null

),

last_key as (

    select coalesce(max(customer_key), 0) as customer_key from keyed

),
{%- else -%}
new_ids as (

    select customer_id from named_ids

),

last_key as (

    select 0 as customer_key

),
{%- endif %}

numbered as (

    select
        cast(
            last_key.customer_key
            + row_number() over (order by {{ binary_order('new_ids.customer_id') }})
            as integer
        ) as customer_key,
        new_ids.customer_id

    from new_ids
    cross join last_key

)

select * from numbered
