with

from_the_products as (

    select
        months.month,
        months.country,
        coalesce(products.category, '(unknown)') as category,
        {{ sum_money('months.gross_sales') }} as gross_sales,
        {{ sum_money('months.discounts') }} as discounts,
        {{ sum_money('months.returns') }} as returns,
        {{ sum_money('months.net_sales') }} as net_sales,
        {{ sum_money('months.net_sales_with_cost') }} as net_sales_with_cost,
        {{ sum_money('months.cost') }} as cost,
        {{ sum_money('months.margin') }} as margin,
        sum(months.units) as units

    from {{ ref('rpt_product_sales_monthly') }} as months
    inner join {{ ref('dim_product') }} as products
        on months.product_key = products.product_key
    group by months.month, months.country, coalesce(products.category, '(unknown)')

),

from_the_days as (

    select
        {{ year_month('date') }} as month,
        country,
        category,
        {{ sum_money('gross_sales') }} as gross_sales,
        {{ sum_money('discounts') }} as discounts,
        {{ sum_money('returns') }} as returns,
        {{ sum_money('net_sales') }} as net_sales,
        {{ sum_money('net_sales_with_cost') }} as net_sales_with_cost,
        {{ sum_money('cost') }} as cost,
        {{ sum_money('margin') }} as margin,
        sum(units) as units

    from {{ ref('rpt_sales_daily') }}
    where not is_all_categories
    group by {{ year_month('date') }}, country, category

)

{{ rows_that_differ('from_the_products', 'from_the_days') }}
