{#
    The three RFM scores as one text of three digits, such as 555.

    Args:
        scores: columns of 1 to 5: recency, frequency, money.
#}
{% macro rfm_segment(scores) -%}
    {%- for score in scores -%}
    {{ '|| ' if not loop.first }}cast({{ score }} as {{ text_type() }}){{ ' ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
