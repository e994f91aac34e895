{#
    On-run-start: stops with one line where a variable breaks its rule, or one was given
    that this project does not have.
#}
{% macro check_variables() -%}
    {%- set rules = variable_rules() -%}
    {#- another project's run may have variables of its own -#}
    {%- if project_name == 'ecommerce_dwh' -%}
        {%- for name in invocation_args_dict.get('vars') or {} if name not in rules -%}
            {%- do exceptions.raise_compiler_error(
                "there is no variable " ~ name ~ "; choose among "
                ~ rules | sort | join(', ')
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for name in rules -%}
        {%- do variable(name) -%}
    {%- endfor -%}
{%- endmacro %}
