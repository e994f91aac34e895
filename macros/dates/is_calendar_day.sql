{#
    Whether text of the form YYYY-MM-DD names a day that exists (Gregorian; year 0000
    does not). SQLite's own date() would take 2024-02-30 for the first of March.
#}
{% macro is_calendar_day(text) -%}
    {%- set year = "cast(substr(" ~ text ~ ", 1, 4) as integer)" -%}
    (
        {{ text }} >= '0001'
        and substr({{ text }}, 9, 2) between '01' and
        case
            when substr({{ text }}, 6, 2) in ('01', '03', '05', '07', '08', '10', '12')
                then '31'
            when substr({{ text }}, 6, 2) in ('04', '06', '09', '11') then '30'
            when substr({{ text }}, 6, 2) != '02' then '00'
            when {{ year }} % 4 = 0 and ({{ year }} % 100 != 0 or {{ year }} % 400 = 0)
                then '29'
            else '28'
        end
    )
{%- endmacro %}
