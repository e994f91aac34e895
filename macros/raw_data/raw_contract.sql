{#
    The raw tables with their columns, in the order of the raw contract; those without
    which nothing can be told end in a star. pipeline/raw_files/contract.py has the
    same, and a test that both say so.
#}
{% macro raw_contract() -%}
    {{ return({
        'raw_customers':
            'customer_id* name email address city country registration_date',
        'raw_products':
            'product_id* product_name category price stock_quantity unit_cost',
        'raw_orders':
            'order_id* customer_id order_date* status currency shipping tax',
        'raw_order_items':
            'order_item_id* order_id* product_id* quantity* price_per_item* line_total',
    }) }}
{%- endmacro %}
