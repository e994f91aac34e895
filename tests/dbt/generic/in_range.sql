{# Fails for each value outside the closed range, and for null. #}
{% test in_range(model, column_name, minimum=none, maximum=none) %}

    select {{ column_name }} from {{ model }}
    where
        {{ column_name }} is null
        {%- if minimum is not none %}
        or {{ column_name }} < {{ minimum }}
        {%- endif %}
        {%- if maximum is not none %}
        or {{ column_name }} > {{ maximum }}
        {%- endif %}

{% endtest %}
