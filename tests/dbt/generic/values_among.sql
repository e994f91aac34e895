{# Fails for each value that is none of those named, and for null. #}
{% test values_among(model, column_name, values) %}

    select {{ column_name }} from {{ model }}
    where
        {{ column_name }} is null
        or {{ column_name }} not in (
            {%- for value in values %}
            '{{ value }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )

{% endtest %}
