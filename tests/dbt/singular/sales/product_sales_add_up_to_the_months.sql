with

from_the_months as (

    select
        products.product_key,
        coalesce({{ sum_money('months.gross_sales') }}, 0) as gross_sales,
        coalesce({{ sum_money('months.discounts') }}, 0) as discounts,
        coalesce({{ sum_money('months.returns') }}, 0) as returns,
        coalesce({{ sum_money('months.net_sales') }}, 0) as net_sales,
        coalesce({{ sum_money('months.net_sales_with_cost') }}, 0)
            as net_sales_with_cost,
        {{ sum_money('months.cost') }} as cost,
        {{ sum_money('months.margin') }} as margin,
        coalesce(sum(months.units), 0) as units,
        coalesce(sum(months.orders), 0) as orders,
        min(months.first_sale_date) as first_sale_date,
        max(months.last_sale_date) as last_sale_date

    from {{ ref('dim_product') }} as products
    left join {{ ref('rpt_product_sales_monthly') }} as months
        on products.product_key = months.product_key
    group by products.product_key

),

from_the_report as (

    select
        product_key,
        gross_sales,
        discounts,
        returns,
        net_sales,
        net_sales_with_cost,
        cost,
        margin,
        units,
        orders,
        first_sale_date,
        last_sale_date

    from {{ ref('rpt_product_sales') }}

)

{{ rows_that_differ('from_the_months', 'from_the_report') }}
