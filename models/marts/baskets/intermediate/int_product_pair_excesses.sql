{{ config(post_hook="{{ index_on([['product1_key', 'product2_key']]) }}") }}

with

pairs as (

    select * from {{ ref('int_product_pairs') }}

),

product_strata as (

    select * from {{ ref('int_basket_product_strata') }}

),

-- what baskets of these sizes would share if their products had nothing in common
expected as (

    select
        pairs.product1_key,
        pairs.product2_key,
        cast(pairs.pair_orders as {{ ratio_type() }}) - 0.5 as count_less_half,
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
    group by pairs.product1_key, pairs.product2_key, pairs.pair_orders

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

    from expected

),

normalised as (

    select
        product1_key,
        product2_key,
        expected_co_purchases,
        case
            when abs(signed_root) < 0.0001
                then signed_root + 1 / (6 * sqrt(count_less_half))
            else signed_root + ln(relative_excess / signed_root) / signed_root
        end as z_score

    from rooted

)

select * from normalised
