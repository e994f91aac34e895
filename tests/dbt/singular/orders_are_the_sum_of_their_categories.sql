with

summed_categories as (

    select
        order_id,
        customer_key,
        time_key,
        {{ sum_money('gross_sales') }} as gross_sales,
        {{ sum_money('discounts') }} as discounts,
        {{ sum_money('returns') }} as returns,
        {{ sum_money('net_sales') }} as net_sales,
        sum(units) as units,
        max(case when has_sale then 1 else 0 end) as sales

    from {{ ref('fct_order_categories') }}
    group by order_id, customer_key, time_key

),

orders as (

    select
        order_id,
        customer_key,
        time_key,
        gross_sales,
        discounts,
        returns,
        net_sales,
        units,
        case when has_sale then 1 else 0 end as sales

    from {{ ref('fct_orders') }}

)

{{ rows_that_differ('summed_categories', 'orders') }}
