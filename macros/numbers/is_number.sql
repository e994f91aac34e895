{#
    Whether the text, without blanks around it, is a number of the raw contract:
    [+-]?\d{1,12}(\.\d{1,4}0*)? and nothing else. Casts alone would not do: each engine
    reads 1e3, 1_000 or 1,234.50 in its own way.
#}
{% macro is_number(text) -%}
    {{ return(adapter.dispatch('is_number', 'ecommerce_dwh')(text)) }}
{%- endmacro %}

{% macro default__is_number(text) -%}
    {{ matches_pattern(text, '[+-]?[0-9]{1,12}([.][0-9]{1,4}0*)?') }}
{%- endmacro %}

{#
    SQLite has no regular expressions: digits and one point, and how many of each. The
    usual shapes of a price come first, which takes a quarter of the time.
#}
{% macro sqlite__is_number(text) -%}
    case
        when {{ text }} glob '[0-9].[0-9][0-9]' then 1
        when {{ text }} glob '[0-9][0-9].[0-9][0-9]' then 1
        when {{ text }} glob '[0-9]*' then {{ sqlite__is_unsigned_number(text) }}
        when {{ text }} glob '[+-][0-9]*'
            then {{ sqlite__is_unsigned_number('substr(' ~ text ~ ', 2)') }}
        else 0
    end
{%- endmacro %}

{# Whether text without a sign is a number of the raw contract. #}
{% macro sqlite__is_unsigned_number(text) -%}
    case
        when {{ text }} not glob '*[^0-9]*' then length({{ text }}) <= 12
        else
            {{ text }} glob '[0-9]*.[0-9]*'
            and {{ text }} not glob '*[^0-9.]*'
            and {{ text }} not glob '*.*.*'
            and instr({{ text }}, '.') <= 13
            and length(rtrim({{ text }}, '0')) - instr({{ text }}, '.') <= 4
    end
{%- endmacro %}
