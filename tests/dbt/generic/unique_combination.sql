{# Fails for each combination that occurs twice, and for each that holds a null. #}
{% test unique_combination(model, columns) %}

    select {{ columns | join(', ') }} from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {%- for column in columns %}
        or {{ column }} is null
        {%- endfor %}

{% endtest %}
