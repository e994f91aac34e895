{# The amounts and units of FactSales' lines: what sum_amounts then adds up. #}
{% macro sum_sales_lines() -%}
    {%- set gross_sales = "case when line_type = 'sale'"
        ~ " then line_item_total - discount_amount end" -%}
    {%- set returns = "case when line_type in ('return', 'refund')"
        ~ " then line_item_total end" -%}
    {%- set with_cost = 'case when cost_amount is not null then line_item_total end' -%}
    coalesce({{ sum_money(gross_sales) }}, {{ to_money('0') }}) as gross_sales,
    {{ sum_money('discount_amount') }} as discounts,
    coalesce({{ sum_money(returns) }}, {{ to_money('0') }}) as returns,
    {{ sum_money('line_item_total') }} as net_sales,
    coalesce({{ sum_money(with_cost) }}, {{ to_money('0') }}) as net_sales_with_cost,
    {{ sum_money('cost_amount') }} as cost,
    {{ sum_money('margin_amount') }} as margin,
    cast(sum(quantity_sold) as bigint) as units
{%- endmacro %}
