with

thresholds as (

    select * from {{ ref('int_basket_thresholds') }}

),

basket_products as (

    select * from {{ ref('int_basket_products') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

pairs as (

    select * from {{ ref('int_product_pairs') }}

),

excesses as (

    select * from {{ ref('int_product_pair_excesses') }}

),

named_pairs as (

    select
        pairs.product1_key,
        pairs.product2_key,
        first_products.product_name as product1,
        second_products.product_name as product2,
        first_products.is_service or second_products.is_service as has_service,
        pairs.pair_orders as co_purchase_count,
        first_counts.orders as orders_with_product1,
        second_counts.orders as orders_with_product2,
        thresholds.baskets_used,
        excesses.expected_co_purchases,
        excesses.z_score

    from pairs
    inner join excesses
        on
            pairs.product1_key = excesses.product1_key
            and pairs.product2_key = excesses.product2_key
    inner join products as first_products
        on pairs.product1_key = first_products.product_key
    inner join products as second_products
        on pairs.product2_key = second_products.product_key
    inner join basket_products as first_counts
        on pairs.product1_key = first_counts.product_key
    inner join basket_products as second_counts
        on pairs.product2_key = second_counts.product_key
    cross join thresholds

),

-- every pair of products in enough baskets was a candidate, though few are listed
candidates as (

    select
        cast(count(*) as {{ ratio_type() }}) * (count(*) - 1) / 2 as candidate_pairs

    from basket_products

),

measured as (

    select
        *,
        {{ association_measures(
            'co_purchase_count',
            'orders_with_product1',
            'orders_with_product2',
            'baskets_used'
        ) }},
        {{ exponential(log_normal_upper_tail('z_score')) }} as p_value

    from named_pairs

),

ranked as (

    select
        *,
        count(*) over (order by p_value) as p_rank

    from measured

),

-- Benjamini and Hochberg
adjusted as (

    select
        ranked.*,
        min(ranked.p_value * candidates.candidate_pairs / ranked.p_rank)
            over (order by ranked.p_rank desc) as unbounded_q_value

    from ranked
    cross join candidates

),

judged as (

    select
        product1_key,
        product2_key,
        product1,
        product2,
        co_purchase_count,
        orders_with_product1,
        orders_with_product2,
        support,
        confidence_1_to_2,
        confidence_2_to_1,
        lift,
        leverage,
        lift_lower_95,
        expected_co_purchases,
        case when unbounded_q_value < 1 then unbounded_q_value else 1 end as q_value,
        unbounded_q_value <= {{ variable('co_purchase_false_discovery_rate') }}
            as is_significant,
        has_service

    from adjusted

)

select * from judged
