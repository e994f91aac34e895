{%- set origins = [
    'country', 'first_category', 'first_product_category', 'first_order_outcome',
    'first_order_month'
] -%}
{%- set milestones = [30, 60, 90, 180, 365] -%}
{#- an average of a few customers says nothing of others -#}
{%- set customers_enough -%}
case when customers >= {{ variable('least_customers') }} then customers end
{%- endset -%}

with

buyer_origins as (

    select * from {{ ref('int_buyer_origins') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

milestones as (

    {{ literal_rows('days_since_first_order', milestones) }}

),

dated_orders as (

    select
        orders.customer_key,
        {{ days_between(
            'buyer_origins.first_order_date', date_of_time_key('orders.time_key')
        ) }} as order_age,
        orders.net_sales,
        orders.has_sale

    from orders
    inner join buyer_origins on orders.customer_key = buyer_origins.customer_key

),

customer_values as (

    select
        milestones.days_since_first_order,
        dated_orders.customer_key,
        count(case when dated_orders.has_sale then 1 end) as orders,
        {{ sum_money('dated_orders.net_sales') }} as net_sales

    from dated_orders
    inner join milestones
        on dated_orders.order_age between 0 and milestones.days_since_first_order
    group by milestones.days_since_first_order, dated_orders.customer_key

),

-- only customers whom the warehouse has known for as long
observed as (

    select
        customer_values.days_since_first_order,
        customer_values.orders,
        customer_values.net_sales,
        buyer_origins.country,
        buyer_origins.first_category,
        buyer_origins.first_product_category,
        buyer_origins.first_order_outcome,
        {{ year_month('buyer_origins.first_order_date') }} as first_order_month

    from customer_values
    inner join buyer_origins
        on customer_values.customer_key = buyer_origins.customer_key
    cross join as_of
    where
        {{ days_between('buyer_origins.first_order_date', 'as_of.as_of_date') }}
        >= customer_values.days_since_first_order

),

summed as (

    {% for origin in origins -%}
    select
        '{{ origin }}' as origin_kind,
        {{ origin }} as origin,
        days_since_first_order,
        cast(count(*) as bigint) as customers,
        cast(sum(orders) as bigint) as orders,
        cast(count(case when orders > 1 then 1 end) as bigint) as returning_customers,
        {{ sum_money('net_sales') }} as net_sales

    from observed
    group by {{ origin }}, days_since_first_order
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

per_customer as (

    select
        *,
        {{ ratio('net_sales', customers_enough) }} as value_per_customer,
        {{ ratio('orders', customers_enough) }} as orders_per_customer,
        {{ ratio('returning_customers', customers_enough) }} as returning_share

    from summed

)

select * from per_customer
