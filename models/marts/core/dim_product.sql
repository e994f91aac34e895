{{ config(alias='DimProduct', post_hook="{{ index_on([['product_id']]) }}") }}

with

products as (

    select * from {{ ref('stg_products') }}

),

product_keys as (

    select * from {{ ref('int_product_keys') }}

),

named_products as (

    select distinct product_id from {{ ref('stg_order_items') }}

),

keyed_products as (

    select
        product_keys.product_key,
        product_keys.product_id,
        products.product_name,
        products.category,
        products.price,
        products.stock_quantity,
        products.product_id is null as is_inferred

    from product_keys
    left join products on product_keys.product_id = products.product_id
    left join named_products on product_keys.product_id = named_products.product_id
    -- the map remembers ids that earlier files had; their keys wait for them there
    where
        products.product_id is not null
        or named_products.product_id is not null

),

unknown_product as (

    select
        -1 as product_key,
        '(unknown)' as product_id,
        cast(null as {{ text_type() }}) as product_name,
        cast(null as {{ text_type() }}) as category,
        cast(null as {{ money_type() }}) as price,
        cast(null as integer) as stock_quantity,
        false as is_inferred

),

all_members as (

    select * from unknown_product

    union all

    select * from keyed_products

)

select * from all_members
