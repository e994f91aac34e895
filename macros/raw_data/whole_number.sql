{#
    Raw text as a whole number that fits 32 bits (2.0 is whole, 1.5 is not); null where
    it is none.
#}
{% macro whole_number(text) -%}
    {{ return(adapter.dispatch('whole_number', 'ecommerce_dwh')(text)) }}
{%- endmacro %}

{% macro default__whole_number(text) -%}
    case
        when {{ is_number(text) }} then {{ whole_units(text) }}
        when {{ is_number(trim_blanks(text)) }} then {{ whole_units(trim_blanks(text)) }}
    end
{%- endmacro %}

{# A checked number as an integer, if it is whole and fits 32 bits. #}
{% macro whole_units(text) -%}
    case
        when
            cast({{ text }} as {{ money_type() }}) between -2147483648 and 2147483647
            and cast({{ text }} as {{ money_type() }})
            = round(cast({{ text }} as {{ money_type() }}), 0)
            then cast(cast({{ text }} as {{ money_type() }}) as integer)
    end
{%- endmacro %}

{# Most quantities are a few digits, which need no doubt: a third of the time. #}
{% macro sqlite__whole_number(text) -%}
    case
        when {{ text }} not glob '*[^0-9]*' and length({{ text }}) between 1 and 9
            then cast({{ text }} as integer)
        else {{ ecommerce_dwh.default__whole_number(text) }}
    end
{%- endmacro %}

{# Likewise: half of the time. #}
{% macro duckdb__whole_number(text) -%}
    case
        when regexp_full_match({{ text }}, '[0-9]{1,9}')
            then cast({{ text }} as integer)
        else {{ ecommerce_dwh.default__whole_number(text) }}
    end
{%- endmacro %}
