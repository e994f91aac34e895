{#
    ln of the chance that a standard normal variable exceeds z. Above 0 it is
    exp(-z^2 / 2) times a polynomial of t = 1 / (1 + 0.4 z), fitted for a relative error
    below 1e-5 anywhere: engines have no such function.
#}
{% macro log_normal_upper_tail(z) -%}
    case
        when {{ z }} >= 0
            then
                ln({{ normal_tail_factor(z) }}) - {{ z }} * {{ z }} / 2
        else ln(1 - {{ normal_tail_factor('(-' ~ z ~ ')') }}
            * {{ exponential('-' ~ z ~ ' * ' ~ z ~ ' / 2') }})
    end
{%- endmacro %}

{# What exp(-z^2 / 2) is multiplied by to give a normal tail. #}
{% macro normal_tail_factor(z) -%}
    {%- set t = '(1 / (1 + 0.4 * ' ~ z ~ '))' -%}
    {%- set coefficients = [
        0.1595757463, 0.1596339088, 0.1339608037, 0.07719782609, 0.0594520621,
        -0.1396422628, 0.04982557495,
    ] -%}
    {{ t }} * (
        {%- for coefficient in coefficients -%}
        {{ coefficient }}{{ ' + ' ~ t ~ ' * (' if not loop.last }}
        {%- endfor -%}
        {{ ')' * (coefficients | length - 1) }})
{%- endmacro %}
