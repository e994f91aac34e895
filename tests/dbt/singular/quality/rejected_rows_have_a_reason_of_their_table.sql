with

rejected as (

    select
        raw_table,
        reason,
        case
            when reason in ('missing key', 'duplicate key', 'conflicting duplicate')
                then 1
            when raw_table = 'raw_orders'
                then case when reason in ('bad date', 'date out of range') then 1 end
            when raw_table = 'raw_order_items'
                then case
                    when reason in ('bad number', 'order not found', 'order rejected')
                        then 1
                end
        end as is_possible

    from {{ ref('stg_rejected_rows') }}

)

select
    raw_table,
    reason,
    count(*) as row_count

from rejected
where is_possible is null
group by raw_table, reason
