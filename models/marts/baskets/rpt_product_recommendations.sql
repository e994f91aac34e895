{%- set recommendations = 10 -%}

with

pairs as (

    select * from {{ ref('rpt_product_co_purchases') }}
    where
        is_significant
        and lift_lower_95 > 1

),

products as (

    select * from {{ ref('dim_product') }}

),

directions as (

    select
        product1_key as product_key,
        product2_key as recommended_product_key,
        co_purchase_count,
        confidence_1_to_2 as confidence,
        lift,
        lift_lower_95

    from pairs

    union all

    select
        product2_key as product_key,
        product1_key as recommended_product_key,
        co_purchase_count,
        confidence_2_to_1 as confidence,
        lift,
        lift_lower_95

    from pairs

),

-- where stock is not known it is taken to be there
available as (

    select
        directions.product_key,
        directions.recommended_product_key,
        products.product_id as recommended_product_id,
        products.product_name as recommended_product_name,
        products.price as recommended_price,
        products.stock_quantity as recommended_stock_quantity,
        directions.co_purchase_count,
        directions.confidence,
        directions.lift,
        directions.lift_lower_95

    from directions
    inner join products on directions.recommended_product_key = products.product_key
    where coalesce(products.stock_quantity, 1) > 0

),

-- equal to nine decimals is equal on every engine
ranked as (

    select
        *,
        cast(row_number() over (
            partition by product_key
            order by
                {{ round_ratio('lift_lower_95', 9) }} desc,
                co_purchase_count desc,
                {{ binary_order('recommended_product_id') }}
        ) as integer) as recommendation_rank

    from available

),

named as (

    select
        ranked.product_key,
        ranked.recommendation_rank,
        ranked.recommended_product_key,
        products.product_id,
        products.product_name,
        ranked.recommended_product_id,
        ranked.recommended_product_name,
        ranked.recommended_price,
        ranked.recommended_stock_quantity,
        ranked.co_purchase_count,
        ranked.confidence,
        ranked.lift,
        ranked.lift_lower_95

    from ranked
    inner join products on ranked.product_key = products.product_key
    where ranked.recommendation_rank <= {{ recommendations }}

)

select * from named
