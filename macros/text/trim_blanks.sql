{#
    Text without the blanks around it: spaces alone, as SQL's trim. DuckDB's takes
    every Unicode space, and so would change an id with a no-break space.
#}
{% macro trim_blanks(text) -%}
    {{ return(adapter.dispatch('trim_blanks', 'ecommerce_dwh')(text)) }}
{%- endmacro %}

{% macro default__trim_blanks(text) -%} trim({{ text }}) {%- endmacro %}

{# Most keys have no blank at all, which is found in a quarter of trim's time. #}
{% macro duckdb__trim_blanks(text) -%}
    case when contains({{ text }}, ' ') then trim({{ text }}, ' ') else {{ text }} end
{%- endmacro %}
