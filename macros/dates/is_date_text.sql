{#
    Whether the text has the shape of a date of the raw contract: YYYY-MM-DD, alone or
    followed by T or a blank and a time of the day (HH:MM, whatever follows). That the day exists
    is is_calendar_day's part; no engine's date function sees text that fails either.
#}
{% macro is_date_text(text) -%}
    {{ return(adapter.dispatch('is_date_text', 'ecommerce_dwh')(text)) }}
{%- endmacro %}

{# The first 16 characters decide. #}
{% macro default__is_date_text(text) -%}
    {{ matches_pattern(
        'substr(' ~ text ~ ', 1, 16)',
        '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9])?'
    ) }}
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
