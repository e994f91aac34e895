{# The table that `python -m pipeline fit` writes: one row a fit. #}
{% macro clv_parameters_relation() -%}
    {{ return(adapter.dispatch('clv_parameters_relation', 'ecommerce_dwh')()) }}
{%- endmacro %}

{% macro default__clv_parameters_relation() -%}
    {{ return(api.Relation.create(
        database=target.database or none,
        schema=target.schema,
        identifier='clv_parameters',
        type='table'
    )) }}
{%- endmacro %}
