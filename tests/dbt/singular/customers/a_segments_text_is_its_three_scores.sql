select
    rfm.customer_key,
    rfm.rfm_segment,
    rfm.segment_name

from {{ ref('rpt_customer_rfm') }} as rfm
left join {{ ref('rfm_segment_map') }} as segments
    on rfm.rfm_segment = segments.rfm_segment
where
    segments.segment_name is null
    or rfm.segment_name is null
    or segments.segment_name != rfm.segment_name
    or cast(rfm.rfm_segment as integer)
    != rfm.r_score * 100 + rfm.f_score * 10 + rfm.m_score
    or rfm.is_one_time_buyer != (rfm.frequency = 1)
