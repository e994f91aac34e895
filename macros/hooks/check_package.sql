{#
    On-run-start in a project that has this one as a package: stops with one line where
    a model or seed of that project would be read in the place of one of this project's,
    by a name that both have. Its raw tables are meant to be.
#}
{% macro check_package() -%}
    {%- if execute and project_name != 'ecommerce_dwh' -%}
        {%- for node in graph.nodes.values() if node.package_name == 'ecommerce_dwh' -%}
            {%- for parent in node.depends_on.nodes -%}
                {%- set kind, package, name = parent.split('.')[:3] -%}
                {%- if package != 'ecommerce_dwh' and (
                    'model.ecommerce_dwh.' ~ name in graph.nodes
                    or 'seed.ecommerce_dwh.' ~ name in graph.nodes
                ) -%}
                    {%- do exceptions.raise_compiler_error(
                        "ecommerce_dwh would read " ~ name ~ " of " ~ package ~ " for its"
                        ~ " own; write in dbt_project.yml: flags:"
                        ~ " {require_ref_searches_node_package_before_root: true}"
                    ) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
