{# Fails for each combination that occurs twice, and for each that holds a null. #}
{% test unique_combination_of_columns(model, combination_of_columns) %}

    {%- set columns = combination_of_columns | join(', ') %}

    select {{ columns }} from {{ model }}
    group by {{ columns }}
    having
        count(*) > 1
        {%- for column in combination_of_columns %}
        or {{ column }} is null
        {%- endfor %}

{% endtest %}
