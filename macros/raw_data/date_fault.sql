{# Why the day that date_text found (or not) cannot be used; null where it can. #}
{% macro date_fault(day) -%}
    case
        when {{ day }} is null then 'bad date'
        when not {{ is_calendar_day(day) }} then 'bad date'
        when
            {{ day }} < {{ text_literal(variable('earliest_date')) }}
            or {{ day }} > {{ text_literal(variable('latest_date')) }}
            then 'date out of range'
    end
{%- endmacro %}
