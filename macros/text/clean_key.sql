{#
    A key of the raw contract: blanks around it do not count, case does. Null where
    nothing is left; the reserved id "(unknown)" names the Unknown member, so it is
    nothing too.
#}
{% macro clean_key(text) -%}
    nullif(nullif({{ trim_blanks(text) }}, ''), '(unknown)')
{%- endmacro %}
