{%- set faults = {
    'customers': ['registration_date'],
    'products': ['price', 'stock_quantity', 'unit_cost'],
    'orders': ['currency', 'shipping', 'tax'],
    'order_items': ['line_total'],
} -%}

with

staged as (

    {% for table, columns in faults.items() -%}
    select
        'raw_{{ table }}' as raw_table,
        0
        {%- for column in columns %}
        + count({{ column }}_fault)
        {%- endfor %} as row_count

    from {{ ref('stg_' ~ table ~ '_validated') }}
    where reject_reason is null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

reported as (

    select
        raw_table,
        sum(case when outcome = 'value nulled' then row_count else 0 end) as row_count

    from {{ ref('rpt_data_quality') }}
    group by raw_table

)

{{ rows_that_differ('staged', 'reported') }}
