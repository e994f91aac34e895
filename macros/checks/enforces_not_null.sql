{# Whether a table of this engine refuses a null where its contract says NOT NULL. #}
{% macro enforces_not_null() -%}
    {{ return(adapter.dispatch('enforces_not_null', 'ecommerce_dwh')()) }}
{%- endmacro %}

{% macro default__enforces_not_null() -%}
    {{ return(true) }}
{%- endmacro %}

{# Only Delta tables do: see spark__persist_constraints. #}
{% macro spark__enforces_not_null() -%}
    {{ return(false) }}
{%- endmacro %}
