{{ config(post_hook="{{ index_on([['product_id']]) }}") }}

{%- set columns = [
    'product_id', 'product_name', 'category', 'price', 'stock_quantity', 'unit_cost'
] %}

with

{{ keyed_raw_rows(raw_table('raw_products'), columns) }}

judged as (

    select
        *,
        case when clean_key is null then 'missing key' end as row_fault,
        {{ parse_money('price') }} as price_amount,
        {{ whole_number('stock_quantity') }} as stock_units,
        {{ parse_money('unit_cost') }} as unit_cost_amount

    from raw_rows

),

{{ first_of_each_key(columns) }}

typed as (

    select
        clean_key as product_id,
        product_name,
        category,
        reject_reason,
        {{ value_fault('price', 'price_amount') }} as price_fault,
        {{ value_fault('stock_quantity', 'stock_units') }} as stock_quantity_fault,
        {{ value_fault('unit_cost', 'unit_cost_amount') }} as unit_cost_fault,
        row_json,
        price_amount as price,
        stock_units as stock_quantity,
        unit_cost_amount as unit_cost

    from deduplicated

)

select * from typed
