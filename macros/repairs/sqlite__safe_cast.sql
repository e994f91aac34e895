{#
    Unit tests cast every given and expected value to the type of its column. Columns
    of a view have none, and "create table as" makes NUM of a date: a cast to either
    turns '2024-02-29' into 0 or 2024.
#}
{% macro sqlite__safe_cast(field, type) -%}
    {%- if type | string | upper in ['UNKNOWN', 'NUM', ''] -%}
        {{ field }}
    {%- elif type | string | upper in ['DATE', 'TIMESTAMP'] -%}
        cast({{ field }} as text)
    {%- else -%}
        cast({{ field }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
