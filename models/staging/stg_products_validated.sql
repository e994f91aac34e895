{{ config(post_hook="{{ index_on([['product_id']]) }}") }}

{%- set columns = [
    'product_id', 'product_name', 'category', 'price', 'stock_quantity'
] %}

with

raw_products as (

    select * from {{ ref('raw_products') }}

),

product_keys as (

    select {{ clean_key('product_id') }} as product_key

    from {{ ref('raw_products') }}

),

repeated_keys as (

    select product_key from product_keys
    group by product_key
    having count(*) > 1

),

parsed as (

    select
        {{ prefixed(columns, 'raw_products') }},
        {{ clean_key('raw_products.product_id') }} as clean_product_id,
        repeated_keys.product_key is not null as is_repeated,
        {{ parse_money('raw_products.price') }} as price_amount,
        {{ whole_number('raw_products.stock_quantity') }} as stock_units

    from raw_products
    left join repeated_keys
        on {{ clean_key('raw_products.product_id') }} = repeated_keys.product_key

),

judged as (

    select
        *,
        case when clean_product_id is null then 'missing key' end as row_fault

    from parsed

),

{{ first_of_each_key('judged', 'clean_product_id', columns) }}

typed as (

    select
        clean_product_id as product_id,
        product_name,
        category,
        reject_reason,
        case
            when price is not null and price_amount is null then 'bad number'
        end as price_fault,
        case
            when stock_quantity is not null and stock_units is null then 'bad number'
        end as stock_quantity_fault,
        case
            when reject_reason is not null then {{ row_as_json(columns) }}
        end as row_json,
        price_amount as price,
        stock_units as stock_quantity

    from deduplicated

)

select * from typed
