{#- what is counted: raw table, outcome, reason, the column that completes the reason,
    where the rows are, and which of them -#}
{%- set counted = [
    ('customers', 'accepted', 'valid', none, ref('stg_customers'), 'true'),
    ('products', 'accepted', 'valid', none, ref('stg_products'), 'true'),
    ('orders', 'accepted', 'valid', none, ref('stg_orders'), 'true'),
    ('customers', 'noted', 'inferred member', none, ref('dim_customer'), 'is_inferred'),
    ('products', 'noted', 'inferred member', none, ref('dim_product'), 'is_inferred'),
    ('orders', 'noted', 'unmapped status: ', 'status', ref('stg_orders'),
        "order_outcome = 'unmapped'"),
    ('orders', 'noted', 'order without a line', none, 'orders_without_a_line', 'true'),
    ('orders', 'noted', 'order without a customer', none, ref('stg_orders'),
        'customer_id is null'),
    ('orders', 'noted', 'basket over max_basket_items', none, ref('int_baskets'),
        'is_over_cap'),
    ('order_items', 'noted', 'line without a product', none, ref('stg_order_items'),
        'product_id is null'),
] -%}
{%- set optional_values = [
    ('customers', 'registration_date'),
    ('products', 'price'),
    ('products', 'stock_quantity'),
    ('products', 'unit_cost'),
    ('orders', 'currency'),
    ('orders', 'shipping'),
    ('orders', 'tax'),
    ('order_items', 'line_total'),
] -%}
{%- for table, value in optional_values -%}
    {%- do counted.append((
        table, 'value nulled', value ~ ': ', value ~ '_fault',
        ref('stg_' ~ table ~ '_validated'),
        'reject_reason is null and ' ~ value ~ '_fault is not null'
    )) -%}
{%- endfor -%}
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

lines as (

    select
        {{ line_kind }} as line_kind,
        count(*) as row_count,
        {{ sum_money('line_item_total') }} as amount

    from order_items
    group by {{ line_kind }}

),

orders_outside_sales as (

    select distinct order_id from order_items
    where line_type not in ('sale', 'return', 'refund', 'gift')

),

orders_without_a_line as (

    select orders.order_id

    from orders
    left join fact_orders on orders.order_id = fact_orders.order_id
    left join orders_outside_sales
        on orders.order_id = orders_outside_sales.order_id
    where
        fact_orders.order_id is null
        and orders_outside_sales.order_id is null

),

combined as (

    {% for table, outcome, reason, column, relation, condition in counted -%}
    select
        'raw_{{ table }}' as raw_table,
        '{{ outcome }}' as outcome,
        '{{ reason }}'{{ ' || ' ~ column if column }} as reason,
        count(*) as row_count,
        {{ to_money('null') }} as amount

    from {{ relation }}
    where {{ condition }}
    {{ 'group by ' ~ column if column }}
    {{ 'having count(*) > 0' if outcome != 'accepted' }}

    union all

    {% endfor -%}
    select
        'raw_order_items' as raw_table,
        'accepted' as outcome,
        'valid' as reason,
        cast(coalesce(sum(row_count), 0) as bigint) as row_count,
        {{ sum_money('amount') }} as amount

    from lines

    union all

    select
        'raw_order_items' as raw_table,
        'excluded from sales' as outcome,
        line_kind as reason,
        row_count,
        amount

    from lines
    where line_kind not in ('sale', 'return', 'refund', 'gift')

    union all

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

    union all

    select
        raw_table,
        'rejected' as outcome,
        reason,
        count(*) as row_count,
        {{ sum_money('amount') }} as amount

    from rejected_rows
    group by raw_table, reason

)

select * from combined
