{# A post-hook of the demo seeds: notes in raw_loads that this table holds the demo. #}
{% macro record_demo_seed() -%}
    {%- if execute -%}
        {%- call statement('forget_load', auto_begin=True) -%}
            delete from {{ raw_loads_relation() }} where raw_table = '{{ this.identifier }}'
        {%- endcall -%}
        {%- call statement('record_seed', auto_begin=True) -%}
            insert into {{ raw_loads_relation() }}
            select
                '{{ this.identifier }}',
                'demo',
                'seeds/{{ this.identifier }}.csv',
                count(*),
                '{{ run_started_at.strftime("%Y-%m-%dT%H:%M:%SZ") }}'
            from {{ this }}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}
