{#
    A pre-hook of int_as_of_date: stops the build with one line when the var as_of_date
    is earlier than the latest order, which the reports would then leave out without a
    word.
#}
{% macro check_as_of_date() -%}
    {%- set as_of_date = variable('as_of_date') -%}
    {%- if execute and as_of_date -%}
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
