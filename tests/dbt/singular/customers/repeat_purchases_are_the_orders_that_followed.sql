with

from_the_orders as (

    {% for order_number in range(1, 6) -%}
    select
        {{ order_number }} as order_number,
        count(case when customer_order_number = {{ order_number }} then 1 end)
            as customers,
        count(case when customer_order_number = {{ order_number + 1 }} then 1 end)
            as customers_returned

    from {{ ref('fct_orders') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

expected as (

    select * from from_the_orders
    where customers > 0

),

from_the_report as (

    select
        order_number,
        customers,
        customers_returned

    from {{ ref('rpt_repeat_purchase') }}

)

{{ rows_that_differ('expected', 'from_the_report') }}
