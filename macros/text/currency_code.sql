{#
    The currency that raw text names, three letters in capitals; null where it names
    none. What upper() does may depend on PostgreSQL's locale, but for collation "C".
#}
{% macro currency_code(text) -%}
    {{ return(adapter.dispatch('currency_code', 'ecommerce_dwh')(trim_blanks(text))) }}
{%- endmacro %}

{% macro default__currency_code(text) -%}
    case when {{ text }} ~ '^[A-Za-z]{3}$' then upper({{ text }} collate "C") end
{%- endmacro %}

{% macro duckdb__currency_code(text) -%}
    case when regexp_full_match({{ text }}, '[A-Za-z]{3}') then upper({{ text }}) end
{%- endmacro %}

{% macro spark__currency_code(text) -%}
    case when {{ text }} rlike r'\A[A-Za-z]{3}\z' then upper({{ text }}) end
{%- endmacro %}

{% macro sqlite__currency_code(text) -%}
    case when {{ text }} glob '[A-Za-z][A-Za-z][A-Za-z]' then upper({{ text }}) end
{%- endmacro %}
