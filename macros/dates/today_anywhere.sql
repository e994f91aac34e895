{# The latest day, YYYY-MM-DD, that it is anywhere when the run begins. #}
{% macro today_anywhere() -%}
    {{ (run_started_at + modules.datetime.timedelta(hours=14)).strftime('%Y-%m-%d') }}
{%- endmacro %}
