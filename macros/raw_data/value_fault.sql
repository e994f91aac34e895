{# Why a raw value became null: it was there, and could not be parsed. #}
{% macro value_fault(raw_value, parsed, reason='bad number') -%}
    case when {{ raw_value }} is not null and {{ parsed }} is null then '{{ reason }}' end
{%- endmacro %}
