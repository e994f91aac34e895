{#
    The adapter ignores contracts, and "create table as" leaves the column types of
    expressions blank. With a contract the table is made from it first: real types,
    NOT NULL and PRIMARY KEY, in the same transaction as the rows.
#}
{% macro sqlite__create_table_as(temporary, relation, sql) -%}
    {%- if config.get('contract').enforced and not temporary -%}
        {{ get_assert_columns_equivalent(sql) }}
        {%- call statement('create_table', auto_begin=True) -%}
            create table {{ relation }} {{ get_table_columns_and_constraints() }}
        {%- endcall -%}
        {%- set columns = model.columns.values() | map(attribute='name') | join(', ') -%}
        insert into {{ relation }} ({{ columns }})
        select {{ columns }} from (
            {{ sql }}
        )
    {%- else -%}
        create {% if temporary %}temporary {% endif %}table {{ relation }} as
        {{ sql }}
    {%- endif -%}
{%- endmacro %}
