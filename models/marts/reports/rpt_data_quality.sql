{%- set tables = ['customers', 'products', 'orders', 'order_items'] -%}
{%- set optional_values = [
    ('customers', 'registration_date'),
    ('products', 'price'),
    ('products', 'stock_quantity'),
] -%}
{%- set no_amount = to_money('null') -%}

with

order_items as (

    select * from {{ ref('stg_order_items') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

rejected_rows as (

    select * from {{ ref('stg_rejected_rows') }}

),

baskets as (

    select * from {{ ref('int_baskets') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

lines as (

    select
        line_type,
        count(*) as row_count,
        {{ sum_money('line_item_total') }} as amount

    from order_items
    group by line_type

),

accepted as (

    {% for table in tables if table != 'order_items' -%}
    select
        'raw_{{ table }}' as raw_table,
        'accepted' as outcome,
        'valid' as reason,
        count(*) as row_count,
        {{ no_amount }} as amount

    from {{ ref('stg_' ~ table) }}

    union all

    {% endfor -%}
    select
        'raw_order_items' as raw_table,
        'accepted' as outcome,
        'valid' as reason,
        coalesce(sum(row_count), 0) as row_count,
        {{ sum_money('amount') }} as amount

    from lines

),

rejected as (

    select
        raw_table,
        'rejected' as outcome,
        reason,
        count(*) as row_count,
        {{ no_amount }} as amount

    from rejected_rows
    group by raw_table, reason

),

nulled as (

    {% for table, column in optional_values -%}
    select
        'raw_{{ table }}' as raw_table,
        'value nulled' as outcome,
        '{{ column }}: ' || {{ column }}_fault as reason,
        count(*) as row_count,
        {{ no_amount }} as amount

    from {{ ref('stg_' ~ table ~ '_validated') }}
    where
        reject_reason is null
        and {{ column }}_fault is not null
    group by {{ column }}_fault
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

excluded as (

    select
        'raw_order_items' as raw_table,
        'excluded from sales' as outcome,
        line_type as reason,
        row_count,
        amount

    from lines
    where line_type not in ('sale', 'return', 'gift')

),

unmapped_statuses as (

    select
        'raw_orders' as raw_table,
        'noted' as outcome,
        'unmapped status: ' || status as reason,
        count(*) as row_count,
        {{ no_amount }} as amount

    from orders
    where order_outcome = 'unmapped'
    group by status

),

noted_counts as (

    select
        'raw_orders' as raw_table,
        'order without a customer' as reason,
        count(*) as row_count

    from orders
    where customer_id is null

    union all

    select
        'raw_orders' as raw_table,
        'basket over max_basket_items' as reason,
        count(*) as row_count

    from baskets
    where is_over_cap

    union all

    select
        'raw_order_items' as raw_table,
        'line without a product' as reason,
        count(*) as row_count

    from order_items
    where product_id is null

    union all

    select
        'raw_customers' as raw_table,
        'inferred member' as reason,
        count(*) as row_count

    from customers
    where is_inferred

    union all

    select
        'raw_products' as raw_table,
        'inferred member' as reason,
        count(*) as row_count

    from products
    where is_inferred

),

noted as (

    select
        raw_table,
        'noted' as outcome,
        reason,
        row_count,
        {{ no_amount }} as amount

    from noted_counts
    where row_count > 0

),

combined as (

    select * from accepted

    union all

    select * from rejected

    union all

    select * from nulled

    union all

    select * from excluded

    union all

    select * from unmapped_statuses

    union all

    select * from noted

),

typed as (

    select
        raw_table,
        outcome,
        reason,
        cast(row_count as bigint) as row_count,
        amount

    from combined

)

select * from typed
