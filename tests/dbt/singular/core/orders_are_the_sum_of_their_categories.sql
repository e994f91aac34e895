{%- set sums = [
    'gross_sales', 'discounts', 'returns', 'net_sales', 'net_sales_with_cost', 'cost',
    'margin', 'units'
] -%}

with

summed_categories as (

    select
        order_id,
        customer_key,
        time_key,
        {%- for sum in sums if sum != 'units' %}
        {{ sum_money(sum) }} as {{ sum }},
        {%- endfor %}
        sum(units) as units

    from {{ ref('fct_order_categories') }}
    group by order_id, customer_key, time_key

),

counts as (

    select
        (select count(*) from {{ ref('fct_orders') }}) as orders,
        (select count(*) from summed_categories) as orders_of_categories

)

select summed_categories.order_id
from summed_categories
left join {{ ref('fct_orders') }} as orders
    on summed_categories.order_id = orders.order_id
where
    orders.order_id is null
    or orders.customer_key != summed_categories.customer_key
    or orders.time_key != summed_categories.time_key
    {%- for sum in sums %}
    or orders.{{ sum }} is distinct from summed_categories.{{ sum }}
    {%- endfor %}

union all

-- each group of categories has its order, so a larger count is an order without any
select '(an order without categories)' as order_id
from counts
where orders != orders_of_categories
