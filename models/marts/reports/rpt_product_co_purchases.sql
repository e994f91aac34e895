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

product_strata as (

    select * from {{ ref('int_basket_product_strata') }}

),

pairs as (

    select counted.* from (
        {{ counted_pairs(
            ref('int_frequent_basket_items'),
            ref('int_basket_products'),
            '(select min_pair_orders from ' ~ ref('int_basket_thresholds') ~ ')',
        ) }}
    ) as counted

),

named_pairs as (

    select
        pairs.product1_key,
        pairs.product2_key,
        first_products.product_name as product1,
        second_products.product_name as product2,
        cast(pairs.pair_orders as bigint) as co_purchase_count,
        first_counts.orders as orders_with_product1,
        second_counts.orders as orders_with_product2,
        thresholds.baskets_used

    from pairs
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

-- what baskets of these sizes would share if their products had nothing in common
expected as (

    select
        pairs.product1_key,
        pairs.product2_key,
        sum(
            cast(first_strata.orders as {{ ratio_type() }})
            * second_strata.orders * first_strata.pair_rate
        ) as expected_co_purchases

    from pairs
    inner join product_strata as first_strata
        on pairs.product1_key = first_strata.product_key
    inner join product_strata as second_strata
        on
            pairs.product2_key = second_strata.product_key
            and first_strata.stratum = second_strata.stratum
    group by pairs.product1_key, pairs.product2_key

),

-- every pair of products in enough baskets was a candidate, though few are listed
candidates as (

    select
        cast(count(*) as {{ ratio_type() }}) * (count(*) - 1) / 2 as candidate_pairs

    from basket_products

),

measured as (

    select
        named_pairs.product1_key,
        named_pairs.product2_key,
        named_pairs.product1,
        named_pairs.product2,
        named_pairs.co_purchase_count,
        named_pairs.orders_with_product1,
        named_pairs.orders_with_product2,
        {{ ratio('named_pairs.co_purchase_count', 'named_pairs.baskets_used') }}
            as support,
        {{ ratio(
            'named_pairs.co_purchase_count', 'named_pairs.orders_with_product1'
        ) }} as confidence_1_to_2,
        {{ ratio(
            'named_pairs.co_purchase_count', 'named_pairs.orders_with_product2'
        ) }} as confidence_2_to_1,
        {{ ratio(
            'named_pairs.co_purchase_count * named_pairs.baskets_used',
            'named_pairs.orders_with_product1 * named_pairs.orders_with_product2'
        ) }} as lift,
        {{ leverage(
            'named_pairs.co_purchase_count',
            'named_pairs.orders_with_product1',
            'named_pairs.orders_with_product2',
            'named_pairs.baskets_used'
        ) }} as leverage,
        {{ lift_lower_95(
            'named_pairs.co_purchase_count',
            'named_pairs.orders_with_product1',
            'named_pairs.orders_with_product2',
            'named_pairs.baskets_used'
        ) }} as lift_lower_95,
        expected.expected_co_purchases,
        named_pairs.co_purchase_count - 0.5 as count_less_half

    from named_pairs
    left join expected
        on
            named_pairs.product1_key = expected.product1_key
            and named_pairs.product2_key = expected.product2_key

),

-- how far the count is above a Poisson variable's mean, as a normal variable's z
rooted as (

    select
        *,
        (count_less_half - expected_co_purchases) / sqrt(expected_co_purchases)
            as relative_excess,
        case when count_less_half < expected_co_purchases then -1 else 1 end
        * sqrt(2 * abs(
            count_less_half * ln(count_less_half / expected_co_purchases)
            - (count_less_half - expected_co_purchases)
        )) as signed_root

    from measured

),

normalised as (

    select
        *,
        case
            when abs(signed_root) < 0.0001
                then signed_root + 1 / (6 * sqrt(count_less_half))
            else signed_root + ln(relative_excess / signed_root) / signed_root
        end as z_score

    from rooted

),

tested as (

    select
        *,
        {{ exponential(log_normal_upper_tail('z_score')) }} as p_value

    from normalised

),

ranked as (

    select
        *,
        count(*) over (order by p_value) as p_rank

    from tested

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
        unbounded_q_value <= {{ var('co_purchase_false_discovery_rate') }}
            as is_significant

    from adjusted

)

select * from judged
