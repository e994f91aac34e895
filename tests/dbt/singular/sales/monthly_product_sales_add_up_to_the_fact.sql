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
        coalesce({{ sum_money(
            'case when cost_amount is not null then line_item_total end'
        ) }}, 0) as net_sales_with_cost,
        {{ sum_money('margin_amount') }} as margin,
        cast(sum(case when cost_amount is not null then quantity_sold end) as bigint)
            as units_with_cost,
        min(case when cost_amount is null then abs(quantity_sold) end)
            as least_units_without_cost,
        sum(quantity_sold) as units,
        count(distinct case when line_type = 'sale' then order_id end) as orders,
        min(case when line_type = 'sale' then time_key end) as first_sale_key,
        max(case when line_type = 'sale' then time_key end) as last_sale_key

    from {{ ref('fct_sales') }}
    group by {{ floor_div('time_key', '100') }}, product_key

),

-- a line has a cost if its product has one, and the cost is an amount
costed as (

    select
        from_the_fact.month_number,
        from_the_fact.product_key,
        from_the_fact.gross_sales,
        from_the_fact.discounts,
        from_the_fact.returns,
        from_the_fact.net_sales,
        from_the_fact.net_sales_with_cost,
        from_the_fact.margin,
        {{ to_money('from_the_fact.units_with_cost * products.unit_cost') }} as cost,
        coalesce({{ is_amount(
            'from_the_fact.least_units_without_cost', 'products.unit_cost'
        ) }}, false) as is_cost_lost,
        from_the_fact.units,
        from_the_fact.orders,
        from_the_fact.first_sale_key,
        from_the_fact.last_sale_key

    from from_the_fact
    inner join {{ ref('dim_product') }} as products
        on from_the_fact.product_key = products.product_key

),

from_the_report as (

    select
        cast(replace(month, '-', '') as integer) as month_number,
        product_key,
        {{ sum_money('gross_sales') }} as gross_sales,
        {{ sum_money('discounts') }} as discounts,
        {{ sum_money('returns') }} as returns,
        {{ sum_money('net_sales') }} as net_sales,
        {{ sum_money('net_sales_with_cost') }} as net_sales_with_cost,
        {{ sum_money('margin') }} as margin,
        {{ sum_money('cost') }} as cost,
        false as is_cost_lost,
        sum(units) as units,
        sum(orders) as orders,
        min({{ time_key('first_sale_date') }}) as first_sale_key,
        max({{ time_key('last_sale_date') }}) as last_sale_key

    from {{ ref('rpt_product_sales_monthly') }}
    group by cast(replace(month, '-', '') as integer), product_key

)

{{ rows_that_differ('costed', 'from_the_report') }}
