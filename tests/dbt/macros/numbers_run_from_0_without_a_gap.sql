with

thousand as (

    {{ numbers_below(3) }}

)

select
    count(*) as numbers,
    count(distinct n) as distinct_numbers,
    min(n) as smallest,
    max(n) as largest

from thousand
having
    count(*) != 1000
    or count(distinct n) != 1000
    or min(n) != 0
    or max(n) != 999
