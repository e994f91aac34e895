{#
    The relation that staging reads as a raw table: the seed of that name, which
    `python -m pipeline load` fills; in another project its own model of that name, or
    the table that its var raw_inputs names.
#}
{% macro raw_table(name) -%}
    {%- if name in var('raw_inputs', {}) -%}
        {{ return(ref('input_' ~ name[4:])) }}
    {%- endif -%}
    {{ return(ref(name)) }}
{%- endmacro %}
