{# The ten characters of a raw date's day; null where the text is no date's. #}
{% macro date_text(text) -%}
    case when {{ is_date_text(text) }} then substr({{ text }}, 1, 10) end
{%- endmacro %}
