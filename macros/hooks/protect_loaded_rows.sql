{#
    On-run-start: makes raw_loads where it is missing, and says with one line that the
    demo seeds will not take the place of rows that somebody loaded (see `seed`).
#}
{% macro protect_loaded_rows() -%}
    {#- as a package it has nothing to do with who loads what -#}
    {%- if execute and project_name == 'ecommerce_dwh' -%}
        {%- do run_query(create_raw_loads()) -%}
        {%- set demo_seeds = [] -%}
        {%- for node in graph.nodes.values() -%}
            {%- if node.resource_type == 'seed' and 'demo' in node.tags
                and node.unique_id in selected_resources -%}
                {%- do demo_seeds.append(node.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if demo_seeds and not flags.FULL_REFRESH
            and invocation_args_dict.which in ['seed', 'build'] and loaded_from() -%}
            {%- do log(
                "The raw tables hold rows loaded from " ~ loaded_from() ~ ": the demo's seeds"
                " are left out (--full-refresh would put the demo shop in their place)",
                info=True
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
