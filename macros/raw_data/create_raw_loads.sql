{# DDL of the table that says who filled each raw table, and when. #}
{% macro create_raw_loads() -%}
    {{ return(adapter.dispatch('create_raw_loads', 'ecommerce_dwh')()) }}
{%- endmacro %}

{% macro default__create_raw_loads() -%}
    create table if not exists {{ raw_loads_relation() }} (
        raw_table {{ text_type() }},
        source {{ text_type() }},
        origin {{ text_type() }},
        row_count bigint,
        loaded_at {{ text_type() }},
        file_hash {{ text_type() }},
        table_hash {{ text_type() }}
    )
{%- endmacro %}

{# Plain Spark tables know no delete: a partition can be overwritten. #}
{% macro spark__create_raw_loads() -%}
    {{ ecommerce_dwh.default__create_raw_loads() }}
    using parquet partitioned by (raw_table)
{%- endmacro %}
