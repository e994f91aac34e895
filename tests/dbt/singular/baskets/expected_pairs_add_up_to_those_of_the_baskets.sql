with

from_the_strata as (

    select coalesce(sum(expected_pairs), 0) as expected_pairs
    from (
        select
            max(pair_rate) * (
                cast(sum(orders) as {{ ratio_type() }}) * sum(orders)
                - sum(orders * orders)
            ) as expected_pairs

        from {{ ref('int_basket_product_strata') }}
        group by stratum
    ) as strata

),

from_the_baskets as (

    select coalesce(sum(distinct_products * (distinct_products - 1)), 0) as pairs
    from {{ ref('int_baskets') }}
    where not is_over_cap

)

select
    from_the_strata.expected_pairs,
    from_the_baskets.pairs

from from_the_strata
cross join from_the_baskets
where
    abs(from_the_strata.expected_pairs - from_the_baskets.pairs)
    > 0.000000001 * from_the_baskets.pairs
