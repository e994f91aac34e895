{# A double rounded to some decimals, as a double. #}
{% macro round_ratio(expression, decimals) -%}
    {{ return(adapter.dispatch('round_ratio', 'ecommerce_dwh')(expression, decimals)) }}
{%- endmacro %}

{% macro default__round_ratio(expression, decimals) -%}
    round({{ expression }}, {{ decimals }})
{%- endmacro %}

{# PostgreSQL rounds doubles to whole numbers only. #}
{% macro postgres__round_ratio(expression, decimals) -%}
    cast(
        round(cast({{ expression }} as numeric), {{ decimals }}) as {{ ratio_type() }}
    )
{%- endmacro %}
