{#
    The engine's name of a type that YAML names in standard SQL, where no macro can be
    called: contracts of models and column types of seeds.

    Args:
        standard: text, decimal(18,4), double precision, bigint, or a type that all
            engines name alike (integer, boolean, date).
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
