{# Where the rows of the raw tables were loaded from; empty where they are the demo's. #}
{% macro loaded_from() -%}
    {%- set origins = run_query(
        "select min(origin) from " ~ raw_loads_relation() ~ " where source = 'load'"
    ) -%}
    {{ return(origins.rows[0][0] or '') }}
{%- endmacro %}
