{# Fails for each row where the expression is false, and where it is null. #}
{% test is_true(model, expression, column_name=none) %}

    select * from {{ model }}
    where case when {{ expression }} then 0 else 1 end = 1

{% endtest %}
