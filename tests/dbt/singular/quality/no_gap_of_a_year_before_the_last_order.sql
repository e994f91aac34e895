{{ config(severity='warn') }}

{%- set late_orders -%}
with

orders as (

    select * from {{ ref('stg_orders') }}

),

last_day as (

    select max(order_date) as order_date from orders

),

day_before as (

    select max(orders.order_date) as order_date

    from orders
    cross join last_day
    where orders.order_date < last_day.order_date

)

select
    orders.order_id,
    orders.order_date,
    day_before.order_date as previous_order_date

from orders
inner join last_day on orders.order_date = last_day.order_date
cross join day_before
where {{ days_between('day_before.order_date', 'orders.order_date') }} > 366
{%- endset -%}

{{ warn_of_each_row(
    late_orders,
    "Order '{}' is dated {}, more than a year after the one before it ({}): if its date"
    ~ " is wrong, so is every recency"
) }}

{{ late_orders }}
