with

products as (

    select
        product_key,
        coalesce(category, '(unknown)') as category

    from {{ ref('dim_product') }}

),

customers as (

    select
        customer_key,
        coalesce(country, '(unknown)') as country

    from {{ ref('dim_customer') }}

),

fact_lines as (

    select
        {{ floor_div('sales.time_key', '100') }} as month_number,
        customers.country,
        products.category,
        case when sales.line_type = 'sale' then sales.order_id end as sold_order,
        case
            when sales.line_type = 'sale'
                then sales.line_item_total - sales.discount_amount
        end as gross_sales,
        case when sales.line_type = 'sale' then sales.discount_amount end
            as discounts,
        case when sales.line_type in ('return', 'refund') then sales.line_item_total end
            as returns,
        sales.line_item_total as net_sales,
        sales.quantity_sold as units

    from {{ ref('fct_sales') }} as sales
    inner join customers on sales.customer_key = customers.customer_key
    inner join products on sales.product_key = products.product_key

),

from_the_fact as (

    select
        month_number,
        country,
        category,
        false as is_all_categories,
        coalesce({{ sum_money('gross_sales') }}, 0) as gross_sales,
        coalesce({{ sum_money('discounts') }}, 0) as discounts,
        coalesce({{ sum_money('returns') }}, 0) as returns,
        {{ sum_money('net_sales') }} as net_sales,
        sum(units) as units,
        count(distinct sold_order) as orders

    from fact_lines
    group by month_number, country, category

    union all

    select
        {{ floor_div('orders.time_key', '100') }} as month_number,
        customers.country,
        '(all)' as category,
        true as is_all_categories,
        {{ sum_money('orders.gross_sales') }} as gross_sales,
        {{ sum_money('orders.discounts') }} as discounts,
        {{ sum_money('orders.returns') }} as returns,
        {{ sum_money('orders.net_sales') }} as net_sales,
        sum(orders.units) as units,
        count(case when orders.has_sale then 1 end) as orders

    from {{ ref('fct_orders') }} as orders
    inner join customers on orders.customer_key = customers.customer_key
    group by {{ floor_div('orders.time_key', '100') }}, customers.country

),

from_the_report as (

    select
        {{ floor_div(time_key('date'), '100') }} as month_number,
        country,
        category,
        is_all_categories,
        {{ sum_money('gross_sales') }} as gross_sales,
        {{ sum_money('discounts') }} as discounts,
        {{ sum_money('returns') }} as returns,
        {{ sum_money('net_sales') }} as net_sales,
        sum(units) as units,
        sum(orders) as orders

    from {{ ref('rpt_sales_daily') }}
    group by
        {{ floor_div(time_key('date'), '100') }}, country, category, is_all_categories

)

{{ rows_that_differ('from_the_fact', 'from_the_report') }}
