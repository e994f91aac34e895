{#
    Unit tests cast what they expect to the type of its column, whose precision the
    adapter does not tell: 9.5 as "numeric" differs from 9.5000 when compared as text.
#}
{% macro postgres__safe_cast(field, type) -%}
    {%- if type | string | upper in ['DECIMAL', 'NUMERIC'] -%}
        cast({{ field }} as {{ ecommerce_dwh.money_type() }})
    {%- else -%}
        cast({{ field }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
