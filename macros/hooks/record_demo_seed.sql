{# A post-hook of the demo seeds: notes in raw_loads that this table holds the demo. #}
{% macro record_demo_seed() -%}
    {%- if execute and project_name == 'ecommerce_dwh' -%}
        {{ return(adapter.dispatch('record_demo_seed', 'ecommerce_dwh')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__record_demo_seed() -%}
    {%- call statement('forget_load', auto_begin=True) -%}
        delete from {{ raw_loads_relation() }} where raw_table = '{{ this.identifier }}'
    {%- endcall -%}
    {%- call statement('record_seed', auto_begin=True) -%}
        insert into {{ raw_loads_relation() }} (raw_table, {{ demo_load_columns() }})
        select '{{ this.identifier }}', {{ demo_load() }} from {{ this }}
    {%- endcall -%}
{%- endmacro %}

{% macro spark__record_demo_seed() -%}
    {%- call statement('record_seed') -%}
        insert overwrite {{ raw_loads_relation() }}
        partition (raw_table = '{{ this.identifier }}') ({{ demo_load_columns() }})
        select {{ demo_load() }} from {{ this }}
    {%- endcall -%}
{%- endmacro %}

{# Of raw_loads: the hashes stay empty, for seeds are loaded again and not taken over. #}
{% macro demo_load_columns() -%} source, origin, row_count, loaded_at {%- endmacro %}

{# Their values. #}
{% macro demo_load() -%}
    'demo',
    'seeds/{{ this.identifier }}.csv',
    count(*),
    '{{ run_started_at.strftime("%Y-%m-%dT%H:%M:%SZ") }}'
{%- endmacro %}
