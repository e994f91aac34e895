{%- set tables = ['customers', 'products', 'orders', 'order_items'] -%}
{%- set optional_values = [
    ('customers', 'registration_date'),
    ('products', 'price'),
    ('products', 'stock_quantity'),
    ('orders', 'currency'),
    ('orders', 'shipping'),
    ('orders', 'tax'),
    ('order_items', 'line_total'),
] -%}
{%- set no_amount = to_money('null') -%}
{%- set line_kind -%}
    case
        when line_type != 'adjustment' then line_type
        when line_item_total > 0 then 'adjustment: money in'
        when line_item_total < 0 then 'adjustment: money out'
        else 'adjustment: no money'
    end
{%- endset -%}

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

fact_orders as (

    select * from {{ ref('fct_orders') }}

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
        {{ line_kind }} as line_kind,
        count(*) as row_count,
        {{ sum_money('line_item_total') }} as amount

    from order_items
    group by {{ line_kind }}

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
        {{ sum_money('amount') }} as amount

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
        line_kind as reason,
        row_count,
        amount

    from lines
    where line_kind not in ('sale', 'return', 'refund', 'gift')

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

credit_notes as (

    select
        'raw_order_items' as raw_table,
        'noted' as outcome,
        'return by credit note' as reason,
        count(*) as row_count,
        {{ sum_money('order_items.line_item_total') }} as amount

    from order_items
    inner join orders on order_items.order_id = orders.order_id
    where
        order_items.line_type = 'return'
        and orders.order_outcome = 'cancelled'
    having count(*) > 0

),

orders_outside_sales as (

    select distinct order_id from order_items
    where line_type not in ('sale', 'return', 'refund', 'gift')

),

noted_counts as (

    select
        'raw_orders' as raw_table,
        'order without a line' as reason,
        count(*) as row_count

    from orders
    left join fact_orders on orders.order_id = fact_orders.order_id
    left join orders_outside_sales
        on orders.order_id = orders_outside_sales.order_id
    where
        fact_orders.order_id is null
        and orders_outside_sales.order_id is null

    union all

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

    select * from credit_notes

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
