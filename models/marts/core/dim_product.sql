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

service_patterns as (

    select * from {{ ref('service_patterns') }}

),

keyed_products as (

    select
        product_keys.product_key,
        product_keys.product_id,
        products.product_name,
        products.category,
        products.price,
        products.stock_quantity,
        products.unit_cost,
        products.product_id is null as is_inferred

    from product_keys
    left join products on product_keys.product_id = products.product_id
    left join named_products on product_keys.product_id = named_products.product_id
    -- the map remembers ids that earlier files had; their keys wait for them there
    where
        products.product_id is not null
        or named_products.product_id is not null

),

-- in lower case on both sides: whether "like" tells A from a, engines do not agree
lowered_products as (

    select
        product_key,
        {{ ascii_lower('product_id') }} as product_id,
        {{ ascii_lower("coalesce(product_name, '')") }} as product_name

    from keyed_products

),

service_products as (

    select distinct lowered_products.product_key

    from lowered_products
    inner join service_patterns
        on
            lowered_products.product_id like service_patterns.product_id_pattern
            and lowered_products.product_name
            like service_patterns.product_name_pattern

),

products_and_services as (

    select
        keyed_products.*,
        service_products.product_key is not null as is_service

    from keyed_products
    left join service_products
        on keyed_products.product_key = service_products.product_key

),

unknown_product as (

    select
        -1 as product_key,
        '(unknown)' as product_id,
        cast(null as {{ text_type() }}) as product_name,
        cast(null as {{ text_type() }}) as category,
        cast(null as {{ money_type() }}) as price,
        cast(null as integer) as stock_quantity,
        cast(null as {{ money_type() }}) as unit_cost,
        false as is_inferred,
        false as is_service

),

all_members as (

    select * from unknown_product

    union all

    select * from products_and_services

)

select * from all_members
