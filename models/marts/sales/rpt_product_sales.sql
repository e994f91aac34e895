with

products as (

    select * from {{ ref('dim_product') }}

),

monthly_sales as (

    select * from {{ ref('rpt_product_sales_monthly') }}

),

summed as (

    select
        product_key,
        {{ sum_amounts() }},
        cast(sum(orders) as bigint) as orders,
        min(first_sale_date) as first_sale_date,
        max(last_sale_date) as last_sale_date

    from monthly_sales
    group by product_key

),

all_products as (

    select
        products.product_key,
        products.product_id,
        products.product_name,
        coalesce(products.category, '(unknown)') as category,
        products.is_service,
        coalesce(summed.units, 0) as units,
        {% for amount in [
            'net_sales', 'gross_sales', 'discounts', 'returns', 'net_sales_with_cost'
        ] -%}
        coalesce(summed.{{ amount }}, {{ to_money('0') }}) as {{ amount }},
        {% endfor -%}
        summed.cost,
        summed.margin,
        coalesce(summed.orders, 0) as orders,
        summed.first_sale_date,
        summed.last_sale_date

    from products
    left join summed on products.product_key = summed.product_key

),

-- services are ranked among themselves, and nobody is shown that
ranked as (

    select
        *,
        cast(row_number() over (
            partition by is_service
            order by net_sales desc, {{ binary_order('product_id') }}
        ) as integer) as rank_of_kind,
        {{ sum_money(
            'case when net_sales > 0 then net_sales end',
            'over (partition by is_service order by net_sales desc, '
            ~ binary_order('product_id')
            ~ ' rows between unbounded preceding and current row)'
        ) }} as cumulative_sales,
        {{ sum_money(
            'case when net_sales > 0 then net_sales end',
            'over (partition by is_service)'
        ) }} as positive_sales

    from all_products

),

shared as (

    select
        product_key,
        product_id,
        product_name,
        category,
        units,
        net_sales,
        gross_sales,
        discounts,
        returns,
        net_sales_with_cost,
        cost,
        margin,
        orders,
        case when not is_service then rank_of_kind end as sales_rank,
        case
            when net_sales > 0 and not is_service
                then {{ ratio('cumulative_sales', 'positive_sales') }}
        end as cumulative_share,
        first_sale_date,
        last_sale_date,
        is_service

    from ranked

)

select * from shared
