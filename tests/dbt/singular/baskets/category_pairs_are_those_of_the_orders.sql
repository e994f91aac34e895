with

-- one row per order that is a basket in use, and category
order_categories as (

    select
        categories.order_id,
        categories.category

    from {{ ref('fct_order_categories') }} as categories
    inner join {{ ref('int_orders') }} as orders
        on categories.order_id = orders.order_id
    inner join {{ ref('int_baskets') }} as baskets
        on orders.order_number = baskets.basket_number
    where
        categories.has_sale
        and categories.category != '(unknown)'
        and categories.category in (
            select products.category from {{ ref('dim_product') }} as products
            where not products.is_service
        )
        and not baskets.is_over_cap

),

from_the_orders as (

    select coalesce(sum(categories * (categories - 1)), 0) as ordered_pairs

    from (
        select
            order_id,
            count(*) as categories

        from order_categories
        group by order_id
    ) as counted

),

from_the_report as (

    select coalesce(2 * sum(co_purchase_count), 0) as ordered_pairs
    from {{ ref('rpt_category_affinity') }}

),

orders_of_categories as (

    select
        category,
        count(*) as orders

    from order_categories
    group by category

)

select '(all)' as category
from from_the_orders
cross join from_the_report
where from_the_orders.ordered_pairs != from_the_report.ordered_pairs

union all

select affinity.category1 as category
from {{ ref('rpt_category_affinity') }} as affinity
left join orders_of_categories as first_orders
    on affinity.category1 = first_orders.category
left join orders_of_categories as second_orders
    on affinity.category2 = second_orders.category
where
    coalesce(first_orders.orders, 0) != affinity.orders_with_category1
    or coalesce(second_orders.orders, 0) != affinity.orders_with_category2
