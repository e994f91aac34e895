{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        post_hook="{{ index_on([['product_id']]) }}",
    )
}}

with

products as (

    select * from {{ ref('stg_products') }}

),

order_items as (

    select * from {{ ref('stg_order_items') }}

),

named_ids as (

    select product_id from products

    union

    select product_id from order_items
    where product_id is not null

),

{% if is_incremental() -%}
keyed as (

    select * from {{ this }}

),

new_ids as (

    select named_ids.product_id

    from named_ids
    left join keyed on named_ids.product_id = keyed.product_id
    where keyed.product_id is null

),

last_key as (

    select coalesce(max(product_key), 0) as product_key from keyed

),
{%- else -%}
new_ids as (

    select product_id from named_ids

),

last_key as (

    select 0 as product_key

),
{%- endif %}

numbered as (

    select
        cast(
            last_key.product_key
            + row_number() over (order by {{ binary_order('new_ids.product_id') }})
            as integer
        ) as product_key,
        new_ids.product_id

    from new_ids
    cross join last_key

)

select * from numbered
