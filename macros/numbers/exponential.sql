{#
    exp(), within what a double holds: PostgreSQL stops at a result too small or too
    large, where the others give 0 or infinity. Null stays null, which greatest() and
    least() would drop.
#}
{% macro exponential(exponent) -%}
    {{ return(adapter.dispatch('exponential', 'ecommerce_dwh')(exponent)) }}
{%- endmacro %}

{% macro default__exponential(exponent) -%}
    exp(
        case
            when {{ exponent }} > 300 then 300
            when {{ exponent }} < -300 then -300
            else {{ exponent }}
        end
    )
{%- endmacro %}

{% macro sqlite__exponential(exponent) -%}
    exp(max(min({{ exponent }}, 300), -300))
{%- endmacro %}
