{#
    1 - (1 + u)^-m of a u and an m that are not negative. For a small u the difference
    would keep few digits, and the beginning of the binomial series keeps enough.
#}
{% macro share_lost(u, m) -%}
    case
        when {{ u }} * {{ m }} < 0.00001
            then {{ u }} * {{ m }} * (1 - ({{ m }} + 1) * {{ u }} / 2)
        else 1 - {{ exponential('-' ~ m ~ ' * ln(1 + ' ~ u ~ ')') }}
    end
{%- endmacro %}
