{#
    The adapter drops a table outside the transaction that builds its successor:
    readers meet "no such table", and a killed build leaves nothing. Begin first,
    so that drop and create become visible together.
#}
{% macro sqlite__drop_relation(relation) -%}
    {% call statement('drop_relation', auto_begin=True) -%}
        drop {{ relation.type }} if exists {{ relation }}
    {%- endcall %}
{%- endmacro %}
