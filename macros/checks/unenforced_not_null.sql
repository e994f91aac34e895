{#
    The columns of a relation that its model's contract calls not null, where nobody
    but a test sees to it; none on engines that do.
#}
{% macro unenforced_not_null(relation) -%}
    {%- set columns = [] -%}
    {%- if execute and not enforces_not_null() -%}
        {%- set models = graph.nodes.values()
            | selectattr('resource_type', 'equalto', 'model')
            | selectattr('alias', 'equalto', relation.identifier)
            | selectattr('config.contract.enforced') -%}
        {%- for model in models -%}
            {%- for column in model.columns.values() -%}
                {%- if column.constraints | selectattr('type', 'equalto', 'not_null') | list -%}
                    {%- do columns.append(column.name) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}
