with

pairs as (

    select * from {{ ref('rpt_product_co_purchases') }}

),

judged as (

    select
        *,
        case when is_significant then 1 else 0 end as significant,
        max(case when is_significant then q_value end) over () as largest_significant

    from pairs

)

select
    product1_key,
    product2_key,
    q_value

from judged
where
    significant
    != case
        when q_value <= {{ variable('co_purchase_false_discovery_rate') }} then 1
        else 0
    end
    or (significant = 0 and q_value < largest_significant)
    -- more than expected, or it says nothing
    or (significant = 1 and co_purchase_count <= expected_co_purchases)
    or (significant = 1 and lift <= lift_lower_95)
