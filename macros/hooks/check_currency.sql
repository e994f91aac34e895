{#
    A post-hook of stg_orders_validated: stops the build with one line when the orders
    are in more than one currency, and says so in a warning when the var currency is
    another than theirs.
#}
{% macro check_currency() -%}
    {%- if execute -%}
        {%- set named = run_query(
            "select currency, count(*) as orders from " ~ this ~
            " where reject_reason is null and currency is not null"
            " group by currency order by count(*) desc, currency"
        ).rows -%}
        {%- if named | length > 1 -%}
            {%- set counts = [] -%}
            {%- for row in named -%}
                {%- do counts.append(row[0] ~ " (" ~ "{:,}".format(row[1] | int) ~ " orders)") -%}
            {%- endfor -%}
            {%- do exceptions.raise_compiler_error(
                "raw_orders is in " ~ named | length ~ " currencies, " ~ counts | join(", ")
                ~ ": convert them to one, or build a warehouse for each"
            ) -%}
        {%- endif -%}
        {%- set wanted = variable('currency') -%}
        {%- if wanted and named and named[0][0] != wanted -%}
            {%- do exceptions.warn(
                "The orders are in " ~ named[0][0] ~ ", and var currency calls them "
                ~ wanted ~ ": no amount is converted"
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
