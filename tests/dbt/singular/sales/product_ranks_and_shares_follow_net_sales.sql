with

ranked as (

    select
        product_key,
        sales_rank,
        net_sales,
        cumulative_share,
        lag(sales_rank, 1, 0) over (order by sales_rank) as previous_rank,
        lag(net_sales) over (order by sales_rank) as previous_net_sales,
        lag(cumulative_share, 1, 0) over (order by sales_rank) as previous_share

    from {{ ref('rpt_product_sales') }}
    where not is_service

),

last_share as (

    select max(cumulative_share) as cumulative_share from ranked

)

select
    ranked.product_key,
    ranked.sales_rank,
    ranked.net_sales,
    ranked.cumulative_share

from ranked
cross join last_share
where
    -- ranks run from 1 without a gap, and never from less to more
    ranked.sales_rank != ranked.previous_rank + 1
    or ranked.net_sales > ranked.previous_net_sales
    -- shares rise to exactly 1 over the positive products, and stop there
    or (ranked.net_sales > 0) != (ranked.cumulative_share is not null)
    or ranked.cumulative_share <= ranked.previous_share
    or last_share.cumulative_share != 1
