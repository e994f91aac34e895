{#
    A pre-hook of int_as_of_date: stops the build with one line when the var as_of_date
    is no date, or earlier than the latest order, which the reports would then leave
    out without a word.
#}
{% macro check_as_of_date() -%}
    {%- set as_of_date = var('as_of_date') | string | trim -%}
    {%- if execute and as_of_date -%}
        {%- if not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', as_of_date)
            or not run_query(
                "select 1 where " ~ is_calendar_day("'" ~ as_of_date ~ "'")
            ).rows -%}
            {%- do exceptions.raise_compiler_error(
                "var as_of_date is '" ~ as_of_date ~ "': write a day that exists as YYYY-MM-DD"
            ) -%}
        {%- endif -%}
        {%- set latest = run_query(
            "select max(order_date) from " ~ ref('stg_orders')
        ).rows[0][0] -%}
        {%- if latest and as_of_date < latest | string -%}
            {%- do exceptions.raise_compiler_error(
                "var as_of_date (" ~ as_of_date ~ ") is before the latest order (" ~ latest
                ~ "): set it to that day or later, or leave it empty"
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
