{#
    On-run-start: makes raw_loads where it is missing, and stops a run that would put
    the demo seeds in the place of rows that somebody loaded. --full-refresh means it.
#}
{% macro protect_loaded_rows() -%}
    {%- if execute -%}
        {%- do run_query(create_raw_loads()) -%}
        {%- set demo_seeds = [] -%}
        {%- for node in graph.nodes.values() -%}
            {%- if node.resource_type == 'seed' and 'demo' in node.tags
                and node.unique_id in selected_resources -%}
                {%- do demo_seeds.append(node.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if demo_seeds and not flags.FULL_REFRESH and invocation_args_dict.which in ['seed', 'build'] -%}
            {%- set loaded = run_query(
                "select raw_table, origin from " ~ raw_loads_relation()
                ~ " where source = 'load' order by raw_table"
            ) -%}
            {%- for row in loaded.rows if row[0] in demo_seeds -%}
                {%- if loop.first -%}
                    {%- do exceptions.raise_compiler_error(
                        "the raw tables hold rows loaded from " ~ row[1] ~ ": add --exclude tag:demo"
                        " to keep them, or --full-refresh to put the demo shop in their place"
                    ) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
