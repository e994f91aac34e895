{#
    A post-hook that indexes this model for the joins that follow, one index a list of
    columns, and lets the planner know the table's size. Engines that scan columns
    have no use for it (an index over 5 million rows cost DuckDB 17.6 s against 1.9).
#}
{% macro index_on(indexes) -%}
    {{ return(adapter.dispatch('index_on', 'ecommerce_dwh')(indexes)) }}
{%- endmacro %}

{% macro default__index_on(indexes) -%}
{%- endmacro %}

{% macro sqlite__index_on(indexes) -%}
    {%- for columns in indexes -%}
        {%- call statement('create_index', auto_begin=True) -%}
            create index if not exists {{ this.identifier }}__{{ columns | join('__') }}
            on {{ this.identifier }} ({{ columns | join(', ') }})
        {%- endcall -%}
    {%- endfor -%}
    {%- call statement('analyze', auto_begin=True) -%}
        analyze {{ this.identifier }}
    {%- endcall -%}
{%- endmacro %}

{# An incremental model keeps its table, and the indexes that an earlier run made; a
   name would not tell, for the table about to be dropped still holds it here. #}
{% macro postgres__index_on(indexes) -%}
    {%- call statement('indexes', fetch_result=True) -%}
        select indexdef
        from pg_indexes
        where schemaname = '{{ this.schema }}' and tablename = '{{ this.identifier }}'
    {%- endcall -%}
    {%- set existing = load_result('indexes').data | join(' ') -%}
    {%- for columns in indexes -%}
        {%- set key = '(' ~ columns | join(', ') ~ ')' -%}
        {%- if key not in existing -%}
            {%- call statement('create_index', auto_begin=True) -%}
                create index on {{ this }} {{ key }}
            {%- endcall -%}
        {%- endif -%}
    {%- endfor -%}
    {%- call statement('analyze', auto_begin=True) -%}
        analyze {{ this }}
    {%- endcall -%}
{%- endmacro %}
