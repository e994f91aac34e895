{#
    PostgreSQL and Spark fold unquoted names to lower case, and dbt quotes what it
    creates: a table made as "DimCustomer" would not be found as DimCustomer.
#}
{% macro postgres__generate_alias_name(custom_alias_name=none, node=none) -%}
    {{ return(dbt.default__generate_alias_name(custom_alias_name, node) | trim | lower) }}
{%- endmacro %}

{% macro spark__generate_alias_name(custom_alias_name=none, node=none) -%}
    {{ return(postgres__generate_alias_name(custom_alias_name, node)) }}
{%- endmacro %}
