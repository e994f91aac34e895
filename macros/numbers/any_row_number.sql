{# A number that no other row of the result has, in no order: cheap on purpose. #}
{% macro any_row_number() -%}
    {{ return(adapter.dispatch('any_row_number', 'ecommerce_dwh')()) }}
{%- endmacro %}

{% macro default__any_row_number() -%}
    row_number() over ()
{%- endmacro %}

{% macro spark__any_row_number() -%}
    monotonically_increasing_id()
{%- endmacro %}

{# Snowflake wants an order, be it none. #}
{% macro snowflake__any_row_number() -%}
    row_number() over (order by null)
{%- endmacro %}
