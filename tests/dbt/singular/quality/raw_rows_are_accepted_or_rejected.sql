{%- set tables = ['customers', 'products', 'orders', 'order_items'] -%}

with

{% for table in tables -%}
{{ table }} as (

    select
        'raw_{{ table }}' as raw_table,
        (select count(*) from {{ raw_table('raw_' ~ table) }}) as raw_rows,
        (select count(*) from {{ ref('stg_' ~ table) }}) as accepted_rows,
        (
            select count(*) from {{ ref('stg_rejected_rows') }}
            where raw_table = 'raw_{{ table }}'
        ) as rejected_rows

),

{% endfor -%}

counted as (

    {% for table in tables -%}
    select * from {{ table }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

reported as (

    select
        raw_table,
        sum(case when outcome = 'accepted' then row_count end) as accepted_rows,
        coalesce(sum(case when outcome = 'rejected' then row_count end), 0)
            as rejected_rows

    from {{ ref('rpt_data_quality') }}
    group by raw_table

)

select counted.*
from counted
left join reported on counted.raw_table = reported.raw_table
where
    counted.raw_rows != counted.accepted_rows + counted.rejected_rows
    or reported.accepted_rows is null
    or counted.accepted_rows != reported.accepted_rows
    or counted.rejected_rows != reported.rejected_rows
