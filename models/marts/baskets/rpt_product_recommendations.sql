{%- set recommendations = 10 -%}

with

pairs as (

    select * from {{ ref('rpt_product_co_purchases') }}
    where
        is_significant
        and lift_lower_95 > 1
        and not has_service

),

products as (

    select * from {{ ref('dim_product') }}

),

directions as (

    {% for product, other in [(1, 2), (2, 1)] -%}
    select
        product{{ product }}_key as product_key,
        product{{ other }}_key as recommended_product_key,
        co_purchase_count,
        confidence_{{ product }}_to_{{ other }} as confidence,
        lift,
        lift_lower_95

    from pairs
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- where stock is not known it is taken to be there; equal to nine decimals is equal on
-- every engine
ranked as (

    select
        directions.product_key,
        cast(row_number() over (
            partition by directions.product_key
            order by
                {{ round_ratio('directions.lift_lower_95', 9) }} desc,
                directions.co_purchase_count desc,
                {{ binary_order('recommended_products.product_id') }}
        ) as integer) as recommendation_rank,
        directions.recommended_product_key,
        products.product_id,
        products.product_name,
        recommended_products.product_id as recommended_product_id,
        recommended_products.product_name as recommended_product_name,
        recommended_products.price as recommended_price,
        recommended_products.stock_quantity as recommended_stock_quantity,
        directions.co_purchase_count,
        directions.confidence,
        directions.lift,
        directions.lift_lower_95

    from directions
    inner join products on directions.product_key = products.product_key
    inner join products as recommended_products
        on directions.recommended_product_key = recommended_products.product_key
    where coalesce(recommended_products.stock_quantity, 1) > 0

)

select * from ranked
where recommendation_rank <= {{ recommendations }}
