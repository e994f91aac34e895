with

from_the_fact as (

    select
        {{ floor_div('time_key', '100') }} as month_number,
        product_key,
        coalesce({{ sum_money(
            "case when line_type = 'sale' then line_item_total - discount_amount end"
        ) }}, 0) as gross_sales,
        coalesce({{ sum_money(
            "case when line_type = 'sale' then discount_amount end"
        ) }}, 0) as discounts,
        coalesce({{ sum_money(
            "case when line_type in ('return', 'refund') then line_item_total end"
        ) }}, 0) as returns,
        {{ sum_money('line_item_total') }} as net_sales,
        sum(quantity_sold) as units,
        count(distinct case when line_type = 'sale' then order_id end) as orders,
        min(case when line_type = 'sale' then time_key end) as first_sale_key,
        max(case when line_type = 'sale' then time_key end) as last_sale_key

    from {{ ref('fct_sales') }}
    group by {{ floor_div('time_key', '100') }}, product_key

),

from_the_report as (

    select
        cast(replace(month, '-', '') as integer) as month_number,
        product_key,
        {{ sum_money('gross_sales') }} as gross_sales,
        {{ sum_money('discounts') }} as discounts,
        {{ sum_money('returns') }} as returns,
        {{ sum_money('net_sales') }} as net_sales,
        sum(units) as units,
        sum(orders) as orders,
        min({{ time_key('first_sale_date') }}) as first_sale_key,
        max({{ time_key('last_sale_date') }}) as last_sale_key

    from {{ ref('rpt_product_sales_monthly') }}
    group by cast(replace(month, '-', '') as integer), product_key

)

{{ rows_that_differ('from_the_fact', 'from_the_report') }}
