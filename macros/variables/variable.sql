{#
    A variable of the project, checked by its rule in dbt_project.yml: a date or a text
    as a string (put it into SQL with text_literal), the others as a number.
#}
{% macro variable(name) -%}
    {#- var() runs a text as Jinja: what was given is looked at first, as it was given -#}
    {%- set given = invocation_args_dict.get('vars') or {} -%}
    {%- set rule = variable_rules()[name] -%}
    {%- do refuse_variable(name, rule, given[name]) if name in given -%}
    {%- set value = var(name) -%}
    {%- do refuse_variable(name, rule, value) -%}
    {%- if rule.type == 'integer' -%}
        {{ return(value | int) }}
    {%- elif rule.type == 'number' -%}
        {{ return(value | float) }}
    {%- endif -%}
    {{ return(value | string) }}
{%- endmacro %}

{# Stops where a value breaks the rule of its variable. #}
{% macro refuse_variable(name, rule, value) -%}
    {%- if not is_as_its_rule(rule, value) -%}
        {%- do exceptions.raise_compiler_error(
            "var " ~ name ~ " is '" ~ value ~ "'; write " ~ expected_of_variable(rule)
        ) -%}
    {%- endif -%}
{%- endmacro %}

{# In pairs of comparisons: dbt 2 reads a <= b <= c as (a <= b) <= c.
   pipeline/dbt/variables.py has the same rules, and a test that both answer alike. #}
{% macro is_as_its_rule(rule, value) -%}
    {%- set text = value | string -%}
    {%- set patterns = {
        'date': '[0-9]{4}-[0-9]{2}-[0-9]{2}',
        'text': rule.pattern,
        'integer': '-?[0-9]{1,12}',
        'number': '-?[0-9]{1,12}([.][0-9]{1,12})?(e-[0-9]{1,2})?',
    } -%}
    {%- if rule.may_be_empty and text == '' -%}
        {{ return(true) }}
    {%- elif not modules.re.fullmatch(patterns[rule.type], text) -%}
        {{ return(false) }}
    {%- elif rule.type == 'date' -%}
        {#- the 30th of February is in another month when counted from the 1st -#}
        {%- set year, month, day = text[:4] | int, text[5:7] | int, text[8:] | int -%}
        {%- if month < 1 or month > 12 or text < rule.minimum or text > rule.maximum -%}
            {{ return(false) }}
        {%- endif -%}
        {%- set real = modules.datetime.date(year, month, 1)
            + modules.datetime.timedelta(days=day - 1) -%}
        {{ return(real.month == month) }}
    {%- elif rule.type in ['integer', 'number'] -%}
        {{ return(rule.minimum <= text | float and text | float <= rule.maximum) }}
    {%- endif -%}
    {{ return(true) }}
{%- endmacro %}

{# What to write for a variable, in words. #}
{% macro expected_of_variable(rule) -%}
    {%- set kinds = {
        'date': 'a day as YYYY-MM-DD',
        'integer': 'a whole number',
        'number': 'a number',
    } -%}
    {%- set nothing = ', or nothing' if rule.may_be_empty else '' -%}
    {%- if rule.type == 'text' -%}
        {{ return('a text like ' ~ rule.example ~ nothing) }}
    {%- endif -%}
    {{ return(
        kinds[rule.type] ~ ' from ' ~ rule.minimum ~ ' to ' ~ rule.maximum ~ nothing
    ) }}
{%- endmacro %}
