{#
    The select of a raw table from a table of a project's own, whose columns may have
    any type and other names: each column of the raw contract as text, null where the
    table has nothing of the kind. Stops with one line where it lacks what is needed.

    Args:
        name: the raw table.
        relation: the project's own, a ref or a source; without one there are no rows.
        columns: the name of its column, by the raw table's, where they differ.
#}
{% macro as_raw_table(name, relation=none, columns={}) -%}
    {#- dbt parses it for what it reads, which is known by now -#}
    {%- if not execute -%}
        {{ return('select 1 as one') }}
    {%- endif -%}
    {%- set contract = ecommerce_dwh.raw_contract() -%}
    {%- if name not in contract -%}
        {%- do exceptions.raise_compiler_error(
            "there is no raw table " ~ name ~ "; choose among " ~ contract | join(', ')
        ) -%}
    {%- endif -%}
    {%- set needed = contract[name].split() -%}
    {%- set known = contract[name].replace('*', '').split() -%}
    {%- for column in columns if column not in known -%}
        {%- do exceptions.raise_compiler_error(
            name ~ " has no column " ~ column ~ "; choose among " ~ known | join(', ')
        ) -%}
    {%- endfor -%}
    {%- set own = {} -%}
    {%- if relation is not none -%}
        {%- for column in ecommerce_dwh.columns_of(relation) -%}
            {%- do own.update({column.name | lower: column}) -%}
        {%- endfor -%}
    {%- endif -%}
    {#- compiled before its table was made, it has nothing to look at -#}
    {%- set is_there = own or invocation_args_dict.which in ['run', 'build', 'test'] -%}
    select
        {% for column in known -%}
        {%- set wanted = columns.get(column, column) | lower -%}
        {%- if wanted in own -%}
            {{ ecommerce_dwh.as_raw_text(own[wanted], column) }} as {{ column }}
        {%- elif relation is not none and is_there
            and (column in columns or column ~ '*' in needed) -%}
            {%- do exceptions.raise_compiler_error(
                (relation ~ " has no column " ~ wanted if own
                    else "there is no table " ~ relation)
                ~ ", which " ~ name ~ " needs as its " ~ column
                ~ ("; name yours in its columns" if own else "")
            ) -%}
        {%- else -%}
            cast(null as {{ ecommerce_dwh.text_type() }}) as {{ column }}
        {%- endif -%}
        {{ ',' if not loop.last }}
        {% endfor %}
    {% if relation is none -%}
    where 1 = 0
    {%- else -%}
    from {{ relation }}
    {%- endif -%}
{%- endmacro %}

{#
    A column as the raw contract's text; nothing where it is empty. An amount that is no
    text has the contract's four decimals: a double may have more of them than anybody
    wrote.
#}
{% macro as_raw_text(column, name) -%}
    {%- set amounts = [
        'price', 'stock_quantity', 'unit_cost', 'quantity', 'price_per_item',
        'line_total', 'shipping', 'tax',
    ] -%}
    {%- set value = adapter.quote(column.name) -%}
    {#- Spark's adapter does not take its own string for one -#}
    {%- set is_text = column.is_string()
        or column.dtype | lower == ecommerce_dwh.text_type() | trim -%}
    {%- if name in amounts and not is_text and not column.is_integer() -%}
        {%- set value = 'cast(' ~ value ~ ' as ' ~ ecommerce_dwh.money_type() ~ ')' -%}
    {%- endif -%}
    nullif(cast({{ value }} as {{ ecommerce_dwh.text_type() }}), '')
{%- endmacro %}
