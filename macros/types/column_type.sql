{#
    The engine's name of a type that YAML names in standard SQL, where no macro can be
    called: contracts of models and column types of seeds.
#}
{% macro column_type(standard) %}
    {% set named = {
        'text': text_type(),
        'decimal(18,4)': money_type(),
        'double precision': ratio_type(),
        'bigint': bigint_type(),
    } %}
    {{ return(named.get(standard, standard)) }}
{% endmacro %}
