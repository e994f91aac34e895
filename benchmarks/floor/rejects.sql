-- Of the valid rows that share a key the first by all columns is kept; every rejected
-- row is written down whole. It is the same for each raw table: `build.py` fills in the
-- columns, and puts it where a stage says `-- rejects of` that table.

update checked_$things
set
    reason = case
        when places.content = places.first_content then 'duplicate key'
        else 'conflicting duplicate'
    end
from (
    select
        raw_row,
        content,
        row_number() over same_key as place,
        first_value(content) over same_key as first_content
    from (
        select
            checked.raw_row,
            checked.$key as clean_id,
            raw.*,
            json_array($contents) as content
        from checked_$things as checked
        inner join raw_$things as raw on checked.raw_row = raw.rowid
        where
            checked.reason is null
            and checked.$key in (
                select $key from checked_$things
                where reason is null
                group by $key
                having count(*) > 1
            )
    ) as repeated
    window same_key as (partition by clean_id order by $texts, raw_row)
) as places
where checked_$things.raw_row = places.raw_row and places.place > 1;

-- `cross join` fixes SQLite's loops: the few rejected rows outside.
insert into stg_rejected_rows
select
    'raw_$things',
    nullif(nullif(checked.$key, ''), '(unknown)'),
    checked.reason,
    json_object($fields),
    $amount
from checked_$things as checked
cross join raw_$things as raw
where checked.raw_row = raw.rowid and checked.reason is not null;
