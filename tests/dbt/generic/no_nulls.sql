{#
    Fails for each row with a null in one of the columns: one test where a not_null for
    each column would read the table as often. Keys have a not_null of their own.
#}
{% test no_nulls(model, columns) %}

    select {{ columns | join(', ') }} from {{ model }}
    where
        {% for column in columns -%}
        {{ column }} is null
        {{ 'or ' if not loop.last }}
        {%- endfor %}

{% endtest %}
