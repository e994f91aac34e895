{# The rules of the variables, by name, as dbt_project.yml has them and nobody else. #}
{% macro variable_rules() -%}
    {%- if 'variable_rules' in (invocation_args_dict.get('vars') or {}) -%}
        {%- do exceptions.raise_compiler_error(
            "variable_rules cannot be given; change them in dbt_project.yml"
        ) -%}
    {%- endif -%}
    {{ return(var('variable_rules')) }}
{%- endmacro %}
