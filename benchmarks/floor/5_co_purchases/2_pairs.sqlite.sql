create index baskets_product on baskets (product_key, order_no);

-- One small sort for each first product, instead of one of all pair occurrences.
insert into pairs
select
    first_product.product_key,
    cast(pair.key as integer),
    pair.value
from product_baskets as first_product
cross join pair_limits
cross join json_each(
    (
        select json_group_object(product_key, co_purchase_count)
        from (
            select
                other.product_key,
                count(*) as co_purchase_count
            from baskets as mine
            cross join baskets as other
            where
                mine.product_key = first_product.product_key
                and other.order_no = mine.order_no
                and other.product_key > mine.product_key
            group by other.product_key
            having count(*) >= pair_limits.least_count
        )
    )
) as pair
where first_product.baskets >= pair_limits.least_count;
