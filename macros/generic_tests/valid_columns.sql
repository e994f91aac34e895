{#
    Fails for each row with a value that its column may not have, and says which rule it
    breaks. One scan for all columns of a model; the arguments are called like the tests
    of one column that dbt and dbt_utils have, but none of them lets a null pass. Columns
    that the model's contract calls not null are checked where the engine does not.

    Arguments:
        not_null: columns that may not be null, beside those of a contract.
        accepted_values: by column, its values.
        accepted_range: by column, its min_value, max_value or both; both may occur.
        expression_is_true: SQL that holds for every row.
#}
{% test valid_columns(
    model, not_null=[], accepted_values={}, accepted_range={}, expression_is_true=[]
) %}

    {%- set broken = {} -%}
    {%- for column in unenforced_not_null(model) + not_null -%}
        {%- do broken.update({column ~ ' is null': column ~ ' is null'}) -%}
    {%- endfor -%}
    {%- for column, values in accepted_values.items() -%}
        {%- set literals = [] -%}
        {%- for value in values -%}
            {%- do literals.append(text_literal(value)) -%}
        {%- endfor -%}
        {%- do broken.update({
            column ~ ' is none of its values':
                column ~ ' is null or ' ~ column ~ ' not in (' ~ literals | join(', ') ~ ')'
        }) -%}
    {%- endfor -%}
    {%- for column, range in accepted_range.items() -%}
        {%- set outside = [column ~ ' is null'] -%}
        {%- if 'min_value' in range -%}
            {%- do outside.append(column ~ ' < ' ~ range.min_value) -%}
        {%- endif -%}
        {%- if 'max_value' in range -%}
            {%- do outside.append(column ~ ' > ' ~ range.max_value) -%}
        {%- endif -%}
        {%- do broken.update({column ~ ' is out of its range': outside | join(' or ')}) -%}
    {%- endfor -%}
    {%- for expression in expression_is_true -%}
        {%- do broken.update({
            'not ' ~ expression: 'not coalesce((' ~ expression ~ '), false)'
        }) -%}
    {%- endfor -%}

    {#- where the engine keeps every rule there is nothing to ask -#}
    {{ config(enabled=broken | length > 0 or not enforces_not_null()) }}

    select * from (
        select
            *,
            case
                {% for rule, condition in broken.items() -%}
                when {{ condition }} then {{ text_literal(rule) }}
                {% endfor -%}
            end as broken_rule
        from {{ model }}
    ) as judged
    where broken_rule is not null

{% endtest %}
