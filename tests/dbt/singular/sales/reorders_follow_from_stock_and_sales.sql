with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

reorder as (

    select * from {{ ref('rpt_reorder') }}

),

stocked_products as (

    select product_key from {{ ref('dim_product') }}
    where
        product_key != -1
        and not is_service
        and stock_quantity is not null

),

recent_sales as (

    select
        sales.product_key,
        sales.quantity_sold,
        {{ days_between('calendar.date', 'as_of.as_of_date') }} as days_ago

    from as_of
    cross join {{ ref('fct_sales') }} as sales
    inner join {{ ref('dim_time') }} as calendar on sales.time_key = calendar.time_key
    where sales.time_key > {{ time_key(add_days('as_of.as_of_date', -28)) }}

),

summed as (

    select
        reorder.product_key,
        sum(recent_sales.quantity_sold) as units

    from reorder
    inner join recent_sales
        on
            reorder.product_key = recent_sales.product_key
            and reorder.pace_days > recent_sales.days_ago
    group by reorder.product_key

)

select
    stocked_products.product_key,
    'no row' as reason

from stocked_products
left join reorder on stocked_products.product_key = reorder.product_key
where reorder.product_key is null

union all

select
    reorder.product_key,
    'no stocked product' as reason

from reorder
left join stocked_products on reorder.product_key = stocked_products.product_key
where stocked_products.product_key is null

union all

select
    reorder.product_key,
    'units are not those of its days' as reason

from reorder
left join summed on reorder.product_key = summed.product_key
where
    reorder.stock_quantity > 0
    and reorder.units != coalesce(summed.units, 0)

union all

-- weekdays move the end by less than a week
select
    product_key,
    'days left are not those of its stock' as reason

from reorder
where
    abs(days_left * units_per_day - stock_quantity) > 7 * units_per_day
    or (days_left is null) != (stock_quantity <= 0 or units <= 0)
