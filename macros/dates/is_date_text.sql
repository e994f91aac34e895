{#
    Whether the text has the shape of a date of the raw contract: YYYY-MM-DD, alone or
    followed by T or a blank and a time of the day (HH:MM, whatever follows). That the day exists
    is is_calendar_day's part; no engine's date function sees text that fails either.
#}
{% macro is_date_text(text) -%}
    {{ return(adapter.dispatch('is_date_text', 'ecommerce_dwh')(text)) }}
{%- endmacro %}

{#
    The beginning decides: engines differ in what a dot matches (Java's no carriage
    return) and in what a dollar sign does (Java's matches before a last line feed).
#}
{% macro date_pattern(end) -%}
    ^[0-9]{4}-[0-9]{2}-[0-9]{2}({{ end }}|[T ]([01][0-9]|2[0-3]):[0-5][0-9])
{%- endmacro %}

{% macro default__is_date_text(text) -%}
    ({{ text }} ~ '{{ date_pattern("$") }}')
{%- endmacro %}

{% macro duckdb__is_date_text(text) -%}
    regexp_matches({{ text }}, '{{ date_pattern("$") }}')
{%- endmacro %}

{% macro spark__is_date_text(text) -%}
    ({{ text }} rlike r'{{ date_pattern("\\z") }}')
{%- endmacro %}

{% macro sqlite__is_date_text(text) -%}
    (
        {{ text }} glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
        or (
            {{ text }}
                glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ][0-2][0-9]:[0-5][0-9]*'
            and {{ text }} not glob '??????????[T ]2[4-9]*'
        )
    )
{%- endmacro %}
