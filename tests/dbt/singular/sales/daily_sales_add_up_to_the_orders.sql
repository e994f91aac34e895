{%- set amounts = [
    'gross_sales', 'discounts', 'returns', 'net_sales', 'net_sales_with_cost', 'cost',
    'margin'
] -%}

with

customers as (

    select
        customer_key,
        coalesce(country, '(unknown)') as country

    from {{ ref('dim_customer') }}

),

from_the_orders as (

    select
        orders.time_key,
        customers.country,
        '(all)' as category,
        {% for amount in amounts -%}
        {{ sum_money('orders.' ~ amount) }} as {{ amount }},
        {% endfor -%}
        sum(orders.units) as units,
        count(case when orders.has_sale then 1 end) as orders

    from {{ ref('fct_orders') }} as orders
    inner join customers on orders.customer_key = customers.customer_key
    group by orders.time_key, customers.country

),

all_categories as (

    select
        {{ time_key('date') }} as time_key,
        country,
        category,
        {% for amount in amounts -%}
        {{ amount }},
        {% endfor -%}
        units,
        orders

    from {{ ref('rpt_sales_daily') }}
    where is_all_categories

),

from_the_categories as (

    select
        {{ floor_div('time_key', '100') }} as month_number,
        country,
        category,
        {% for amount in amounts -%}
        {{ sum_money(amount) }} as {{ amount }},
        {% endfor -%}
        sum(units) as units,
        count(case when has_sale then 1 end) as orders

    from {{ ref('fct_order_categories') }}
    group by {{ floor_div('time_key', '100') }}, country, category

),

by_month as (

    select
        {{ floor_div(time_key('date'), '100') }} as month_number,
        country,
        category,
        {% for amount in amounts -%}
        {{ sum_money(amount) }} as {{ amount }},
        {% endfor -%}
        sum(units) as units,
        sum(orders) as orders

    from {{ ref('rpt_sales_daily') }}
    where not is_all_categories
    group by {{ floor_div(time_key('date'), '100') }}, country, category

),

-- on which day of the month a category sold is told by the day's other row
uneven_days as (

    select
        date,
        country

    from {{ ref('rpt_sales_daily') }}
    group by date, country
    having
        {% for amount in amounts -%}
        coalesce({{ sum_money(
            'case when is_all_categories then ' ~ amount ~ ' end'
        ) }}, 0)
        != coalesce({{ sum_money(
            'case when not is_all_categories then ' ~ amount ~ ' end'
        ) }}, 0)
        or {% endfor -%}
        sum(case when is_all_categories then units else -units end) != 0

)

select
    time_key as day_or_month,
    country,
    category

from (
    {{ rows_that_differ('from_the_orders', 'all_categories') }}
) as differing_days

union all

select
    month_number as day_or_month,
    country,
    category

from (
    {{ rows_that_differ('from_the_categories', 'by_month') }}
) as differing_months

union all

select
    {{ time_key('date') }} as day_or_month,
    country,
    '(sum)' as category

from uneven_days
