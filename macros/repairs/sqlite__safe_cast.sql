{#
    Unit tests cast every given and expected value to the type of its column, and
    columns of a view have none: "cast(x as UNKNOWN)" turns text into 0.
#}
{% macro sqlite__safe_cast(field, type) -%}
    {%- if type | string | upper in ['UNKNOWN', ''] -%}
        {{ field }}
    {%- elif type | string | upper in ['DATE', 'TIMESTAMP'] -%}
        cast({{ field }} as text)
    {%- else -%}
        cast({{ field }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
