{# The engine's 64-bit floating point type: for ratios, never for money. #}
{% macro ratio_type() -%}
    {{ return(adapter.dispatch('ratio_type', 'ecommerce_dwh')()) }}
{%- endmacro %}

{% macro default__ratio_type() -%} double precision {%- endmacro %}

{% macro spark__ratio_type() -%} double {%- endmacro %}
