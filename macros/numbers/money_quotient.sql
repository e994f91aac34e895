{#
    An amount divided by a whole number, rounded to four decimals, halves away from zero:
    by whole ten-thousandths, since engines keep different digits of a quotient and so
    would round some of them differently.
#}
{% macro money_quotient(amount, divisor) -%}
    {%- set whole = 'abs(' ~ ten_thousandths(amount) ~ ')' -%}
    {%- set parts = 'abs(cast(' ~ divisor ~ ' as ' ~ bigint_type() ~ '))' -%}
    case
        when {{ divisor }} != 0
            then {{ money_of_ten_thousandths(
                'case when (' ~ amount ~ ' < 0) = (' ~ divisor ~ ' < 0) then 1 else -1 end * '
                ~ floor_div('2 * ' ~ whole ~ ' + ' ~ parts, '2 * ' ~ parts)
            ) }}
    end
{%- endmacro %}

{# An amount as a whole number of ten-thousandths. #}
{% macro ten_thousandths(amount) -%}
    {{ return(adapter.dispatch('ten_thousandths', 'ecommerce_dwh')(amount)) }}
{%- endmacro %}

{% macro default__ten_thousandths(amount) -%}
    cast(cast({{ amount }} as decimal(22, 4)) * 10000 as {{ bigint_type() }})
{%- endmacro %}

{% macro sqlite__ten_thousandths(amount) -%}
    cast(round({{ amount }} * 10000) as integer)
{%- endmacro %}

{# The amount again. #}
{% macro money_of_ten_thousandths(number) -%}
    {{ return(adapter.dispatch('money_of_ten_thousandths', 'ecommerce_dwh')(number)) }}
{%- endmacro %}

{% macro default__money_of_ten_thousandths(number) -%}
    cast({{ number }} * cast(0.0001 as decimal(4, 4)) as {{ money_type() }})
{%- endmacro %}

{% macro sqlite__money_of_ten_thousandths(number) -%}
    (({{ number }}) / 10000.0)
{%- endmacro %}
