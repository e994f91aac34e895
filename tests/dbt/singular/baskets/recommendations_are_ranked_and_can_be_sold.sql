with

recommendations as (

    select * from {{ ref('rpt_product_recommendations') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

pairs as (

    select * from {{ ref('rpt_product_co_purchases') }}
    where
        is_significant
        and lift_lower_95 > 1
        and not has_service

),

directions as (

    select
        product1_key as product_key,
        product2_key as recommended_product_key,
        co_purchase_count

    from pairs

    union all

    select
        product2_key as product_key,
        product1_key as recommended_product_key,
        co_purchase_count

    from pairs

),

-- what could have been recommended
candidates as (

    select
        directions.product_key,
        count(*) as candidates

    from directions
    inner join products on directions.recommended_product_key = products.product_key
    where
        products.stock_quantity is null
        or products.stock_quantity > 0
    group by directions.product_key

),

ordered as (

    select
        *,
        count(*) over (partition by product_key) as recommendations_of_product,
        row_number() over (
            partition by product_key
            order by
                {{ round_ratio('lift_lower_95', 9) }} desc,
                co_purchase_count desc,
                {{ binary_order('recommended_product_id') }}
        ) as expected_rank

    from recommendations

)

select
    ordered.product_key,
    ordered.recommendation_rank

from ordered
inner join products on ordered.recommended_product_key = products.product_key
left join directions
    on
        ordered.product_key = directions.product_key
        and ordered.recommended_product_key = directions.recommended_product_key
left join candidates on ordered.product_key = candidates.product_key
where
    directions.product_key is null
    or directions.co_purchase_count != ordered.co_purchase_count
    or products.stock_quantity <= 0
    or ordered.recommendation_rank != ordered.expected_rank
    or ordered.recommendations_of_product
    != case when candidates.candidates < 10 then candidates.candidates else 10 end

union all

select
    candidates.product_key,
    0 as recommendation_rank

from candidates
left join ordered on candidates.product_key = ordered.product_key
where ordered.product_key is null
