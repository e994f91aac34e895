{#
    The currency that raw text names, three letters in capitals; null where it names
    none.
#}
{% macro currency_code(text) -%}
    {{ return(adapter.dispatch('currency_code', 'ecommerce_dwh')(trim_blanks(text))) }}
{%- endmacro %}

{% macro default__currency_code(text) -%}
    case when {{ matches_pattern(text, '[A-Za-z]{3}') }} then upper({{ text }}) end
{%- endmacro %}

{# What upper() does there depends on the locale, but for this collation. #}
{% macro postgres__currency_code(text) -%}
    {{ ecommerce_dwh.default__currency_code('(' ~ text ~ ' collate "C")') }}
{%- endmacro %}

{% macro sqlite__currency_code(text) -%}
    case when {{ text }} glob '[A-Za-z][A-Za-z][A-Za-z]' then upper({{ text }}) end
{%- endmacro %}
