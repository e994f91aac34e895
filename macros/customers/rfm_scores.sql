{# A query of buyers with their RFM scores and segment. #}
{% macro rfm_scores(buyers, segment_map, day='') -%}
    select
        combined.*,
        {{ segment_map }}.segment_name

    from (
        select
            *,
            {% for score in ['r_score', 'f_score', 'm_score'] -%}
            {{ '|| ' if not loop.first }}cast({{ score }} as {{ text_type() }})
            {% endfor -%}
            as rfm_segment

        from (
            {{ rfm_quintiles(buyers, day) }}
        ) as scored
    ) as combined
    inner join {{ segment_map }} on combined.rfm_segment = {{ segment_map }}.rfm_segment
{%- endmacro %}
