{#
    exp(), within what a double holds: PostgreSQL stops at a result too small or too
    large, where the others give 0 or infinity.
#}
{% macro exponential(exponent) -%}
    {{ return(adapter.dispatch('exponential', 'ecommerce_dwh')(exponent)) }}
{%- endmacro %}

{% macro default__exponential(exponent) -%}
    exp(greatest(least({{ exponent }}, 300), -300))
{%- endmacro %}

{% macro sqlite__exponential(exponent) -%}
    exp(max(min({{ exponent }}, 300), -300))
{%- endmacro %}
