{#
    PostgreSQL and Spark fold unquoted names to lower case, and dbt quotes what it
    creates: a table made as "DimCustomer" would not be found as DimCustomer. dbt asks
    the macro of this name for the models of this project, in whichever they are.
#}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {{ return(adapter.dispatch('generate_alias_name', 'ecommerce_dwh')(
        custom_alias_name, node
    )) }}
{%- endmacro %}

{% macro default__generate_alias_name(custom_alias_name, node) -%}
    {{ return(dbt.default__generate_alias_name(custom_alias_name, node)) }}
{%- endmacro %}

{% macro postgres__generate_alias_name(custom_alias_name, node) -%}
    {{ return(dbt.default__generate_alias_name(custom_alias_name, node) | trim | lower) }}
{%- endmacro %}

{% macro spark__generate_alias_name(custom_alias_name, node) -%}
    {{ return(ecommerce_dwh.postgres__generate_alias_name(custom_alias_name, node)) }}
{%- endmacro %}
