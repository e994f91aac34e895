{#
    Fails for each row that names a row of another model that is not there: what dbt's
    relationships asks of one column, for all of them in one scan. A null names nothing.

    Arguments:
        parents: of each the relation, `to`, and its columns by those that name them.
#}
{% test foreign_keys(model, parents) %}

    select child.*
    from {{ model }} as child
    {% for parent in parents -%}
    {%- set name = 'parent' ~ loop.index -%}
    left join {{ parent.to }} as {{ name }}
        on
            {% for column, field in parent.columns.items() -%}
            child.{{ column }} = {{ name }}.{{ field }}
            {{ 'and ' if not loop.last }}
            {%- endfor %}
    {% endfor -%}
    where
        {% for parent in parents -%}
        parent{{ loop.index }}.{{ parent.columns.values() | first }} is null
        {{ 'or ' if not loop.last }}
        {%- endfor %}

{% endtest %}
