insert into pairs
select
    mine.product_key,
    other.product_key,
    count(*)
from baskets as mine
inner join baskets as other
    on mine.order_no = other.order_no and mine.product_key < other.product_key
group by mine.product_key, other.product_key
having count(*) >= (select least_count from pair_limits);
