{#- one pass over each: SQLite would sort every line to group them -#}
{%- set line_types = ['sale', 'return', 'refund', 'gift'] -%}

with

facts as (

    select
        {% for line_type in line_types -%}
        count(case when line_type = '{{ line_type }}' then 1 end)
            as {{ line_type }}_lines,
        sum(case when line_type = '{{ line_type }}' then quantity_sold end)
            as {{ line_type }}_units,
        {{ sum_money(
            "case when line_type = '" ~ line_type ~ "' then line_item_total end"
        ) }}
            as {{ line_type }}_amount,
        {% endfor -%}
        coalesce({{ sum_money('discount_amount') }}, 0) as discounts,
        count(*) as row_count

    from {{ ref('fct_sales') }}

),

staged as (

    select
        {% for line_type in line_types -%}
        count(case when line_type = '{{ line_type }}' then 1 end)
            as {{ line_type }}_lines,
        sum(case when line_type = '{{ line_type }}' then quantity end)
            as {{ line_type }}_units,
        {{ sum_money(
            "case when line_type = '" ~ line_type ~ "' then line_item_total end"
        ) }}
            as {{ line_type }}_amount,
        {% endfor -%}
        coalesce({{ sum_money('discount_amount') }}, 0) as discounts,
        count(case when line_type in ('sale', 'return', 'refund', 'gift') then 1 end)
            as row_count

    from {{ ref('stg_order_items') }}

)

select * from facts
except
select * from staged
