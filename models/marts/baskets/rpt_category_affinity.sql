with

categories as (

    select distinct category from {{ ref('dim_product') }}
    where
        not is_service
        and category != '(unknown)'

),

sold_categories as (

    select * from {{ ref('fct_order_categories') }}
    where has_sale

),

order_categories as (

    select sold_categories.*

    from sold_categories
    inner join categories on sold_categories.category = categories.category

),

orders as (

    select * from {{ ref('int_orders') }}

),

baskets as (

    select * from {{ ref('int_baskets') }}
    where not is_over_cap

),

basket_categories as (

    select
        baskets.basket_number,
        order_categories.category

    from order_categories
    inner join orders on order_categories.order_id = orders.order_id
    inner join baskets on orders.order_number = baskets.basket_number

),

counted_baskets as (

    select count(distinct basket_number) as baskets_used from basket_categories

),

counted_categories as (

    select
        category,
        count(*) as orders

    from basket_categories
    group by category

),

pairs as (

    select
        first_categories.category as category1,
        second_categories.category as category2,
        count(*) as co_purchase_count

    from basket_categories as first_categories
    inner join basket_categories as second_categories
        on
            first_categories.basket_number = second_categories.basket_number
            and {{ binary_order('first_categories.category') }}
            < {{ binary_order('second_categories.category') }}
    group by first_categories.category, second_categories.category

),

measured as (

    select
        pairs.category1,
        pairs.category2,
        cast(pairs.co_purchase_count as bigint) as co_purchase_count,
        cast(first_counts.orders as bigint) as orders_with_category1,
        cast(second_counts.orders as bigint) as orders_with_category2,
        {{ association_measures(
            'pairs.co_purchase_count',
            'first_counts.orders',
            'second_counts.orders',
            'counted_baskets.baskets_used'
        ) }}

    from pairs
    inner join counted_categories as first_counts
        on pairs.category1 = first_counts.category
    inner join counted_categories as second_counts
        on pairs.category2 = second_counts.category
    cross join counted_baskets

)

select * from measured
