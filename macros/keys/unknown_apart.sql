{#
    A window's keys for a member's key: its rows of the unknown member (-1), whose
    answers nobody uses, need not be one group. The key alone where that changes nothing.
#}
{% macro unknown_apart(key, id) -%}
    {{ return(adapter.dispatch('unknown_apart', 'ecommerce_dwh')(key, id)) }}
{%- endmacro %}

{% macro default__unknown_apart(key, id) -%}
    {{ key }}
{%- endmacro %}

{# Spark sorts a group in one task, be it every order without a customer. #}
{% macro spark__unknown_apart(key, id) -%}
    {{ key }}, case when {{ key }} = -1 then {{ id }} end
{%- endmacro %}
