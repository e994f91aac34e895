{#
    A query of the rows that one relation has and another, with the same columns, has
    not, both ways. Nulls are equal here.
#}
{% macro rows_that_differ(first, second) -%}
    select * from (
        select * from {{ first }}
        except
        select * from {{ second }}
    ) as only_in_first
    union all
    select * from (
        select * from {{ second }}
        except
        select * from {{ first }}
    ) as only_in_second
{%- endmacro %}
