{#
    The adapter takes a table whose file format nobody names for a Delta table, and asks
    it for NOT NULL, which only Delta tables have. Tests hold the rest to account.
#}
{% macro spark__persist_constraints(relation, model) -%}
    {%- if config.get('contract').enforced and config.get('file_format') == 'delta' -%}
        {%- do alter_table_add_constraints(relation, model.constraints) -%}
        {%- do alter_column_set_constraints(relation, model.columns) -%}
    {%- endif -%}
{%- endmacro %}
