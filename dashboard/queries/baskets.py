"""Products bought together."""

import pandas as pd

from dashboard.filters import Parameters, in_categories, one_of
from dashboard.warehouse import Warehouse

# Names and categories beside the keys; -1 never stands in a pair.
_NAMED_PAIRS = """
    from rpt_product_co_purchases as pairs
    inner join DimProduct as first_product
        on pairs.product1_key = first_product.product_key
    inner join DimProduct as second_product
        on pairs.product2_key = second_product.product_key
"""

RANKINGS = ("lift_lower_95", "lift", "co_purchase_count", "support")


def largest_count(warehouse: Warehouse) -> tuple[int, int]:
    """The smallest and the largest co_purchase_count listed; 0 without pairs."""
    row = warehouse.query(
        "select min(co_purchase_count) as low, max(co_purchase_count) as high "
        "from rpt_product_co_purchases"
    ).iloc[0]
    if pd.isna(row["low"]):
        return 0, 0
    return int(row["low"]), int(row["high"])


def _source(
    minimum: int,
    categories: tuple[str, ...],
    *,
    only_significant: bool = False,
    with_products: bool = False,
) -> tuple[str, Parameters]:
    """Pairs often enough together, with both products in the chosen categories."""
    parameters: Parameters = {"minimum": minimum}
    condition = "pairs.co_purchase_count >= :minimum"
    if only_significant:
        condition += " and pairs.is_significant"
    if not categories and not with_products:
        return f"from rpt_product_co_purchases as pairs where {condition}", parameters
    for product in ("first_product", "second_product"):
        of_categories, values = in_categories(product, categories)
        condition += f" and {of_categories}"
        parameters |= values
    return f"{_NAMED_PAIRS} where {condition}", parameters


def pairs(
    warehouse: Warehouse,
    minimum: int,
    categories: tuple[str, ...],
    order_by: str,
    limit: int,
    *,
    only_significant: bool = False,
) -> pd.DataFrame:
    """The strongest pairs.

    Args:
        warehouse: Where to read.
        minimum: Leave out pairs in fewer baskets.
        categories: Only pairs within these; empty for all.
        order_by: One of `RANKINGS`.
        limit: How many.
        only_significant: Only pairs that are more than chance.

    Returns:
        product1_key, product2_key, product1, product2, category1, category2,
        co_purchase_count, support, confidence_1_to_2, confidence_2_to_1, lift,
        lift_lower_95, expected_co_purchases, q_value, is_significant.
    """
    if order_by not in RANKINGS:
        raise ValueError(f"no such order: {order_by}")
    source, parameters = _source(minimum, categories, only_significant=only_significant)
    # The best pairs first, their names afterwards: cheaper than naming every pair.
    return warehouse.query(
        f"""
        select best.product1_key, best.product2_key,
            coalesce(first_product.product_name, first_product.product_id)
                as product1,
            coalesce(second_product.product_name, second_product.product_id)
                as product2,
            coalesce(first_product.category, '(unknown)') as category1,
            coalesce(second_product.category, '(unknown)') as category2,
            best.co_purchase_count, best.support, best.confidence_1_to_2,
            best.confidence_2_to_1, best.lift, best.lift_lower_95,
            best.expected_co_purchases, best.q_value, best.is_significant
        from (
            select pairs.* {source}
            order by pairs.{order_by} desc, pairs.co_purchase_count desc,
                pairs.product1_key, pairs.product2_key
            limit :row_limit
        ) as best
        inner join DimProduct as first_product
            on best.product1_key = first_product.product_key
        inner join DimProduct as second_product
            on best.product2_key = second_product.product_key
        order by best.{order_by} desc, best.co_purchase_count desc,
            best.product1_key, best.product2_key
        """,
        parameters | {"row_limit": limit},
    )


def pair_count(
    warehouse: Warehouse,
    minimum: int,
    categories: tuple[str, ...],
    *,
    only_significant: bool = False,
) -> int:
    """How many pairs there are."""
    source, parameters = _source(minimum, categories, only_significant=only_significant)
    counted = warehouse.query(f"select count(*) as pairs {source}", parameters)
    return int(counted["pairs"].iloc[0])


def chance_share(warehouse: Warehouse) -> float | None:
    """Of all pairs called significant, the share that may be chance; None without."""
    share = warehouse.query(
        "select max(q_value) as share from rpt_product_co_purchases "
        "where is_significant"
    )["share"].iloc[0]
    return None if pd.isna(share) else float(share)


def category_pairs(
    warehouse: Warehouse, minimum: int, categories: tuple[str, ...]
) -> pd.DataFrame:
    """Pairs by the categories of their products, each combination once.

    Returns:
        category1, category2, pairs, co_purchase_count (summed), lift (mean, weighted
        by co_purchase_count).
    """
    source, parameters = _source(minimum, categories, with_products=True)
    rows = warehouse.query(
        f"""
        select coalesce(first_product.category, '(unknown)') as category1,
            coalesce(second_product.category, '(unknown)') as category2,
            count(*) as pairs, sum(pairs.co_purchase_count) as co_purchase_count,
            sum(pairs.lift * pairs.co_purchase_count) as weighted_lift
        {source}
        group by coalesce(first_product.category, '(unknown)'),
            coalesce(second_product.category, '(unknown)')
        """,
        parameters,
    ).astype({"co_purchase_count": float, "weighted_lift": float})
    both = rows[["category1", "category2"]]
    summed = (
        rows.assign(category1=both.min(axis=1), category2=both.max(axis=1))
        .groupby(["category1", "category2"], as_index=False)
        .sum()
    )
    summed["lift"] = summed["weighted_lift"] / summed["co_purchase_count"]
    return summed.drop(columns="weighted_lift")


def paired_products(
    warehouse: Warehouse, minimum: int, categories: tuple[str, ...]
) -> pd.DataFrame:
    """The products of the pairs: product_key, product_name; by name."""
    source, parameters = _source(minimum, categories)
    return warehouse.query(
        f"""
        select products.product_key,
            coalesce(products.product_name, products.product_id) as product_name
        from DimProduct as products
        inner join (
            select pairs.product1_key as product_key {source}
            union
            select pairs.product2_key as product_key {source}
        ) as paired on products.product_key = paired.product_key
        order by product_name, products.product_key
        """,
        parameters,
    )


def companions(
    warehouse: Warehouse,
    product_key: int,
    minimum: int,
    categories: tuple[str, ...],
    limit: int,
) -> pd.DataFrame:
    """What is bought with a product, most likely first.

    Returns:
        product_key, product_name, category, co_purchase_count, confidence (of the
        product's baskets, the share with the companion), lift.
    """
    source, parameters = _source(minimum, categories)
    return warehouse.query(
        f"""
        select products.product_key,
            coalesce(products.product_name, products.product_id) as product_name,
            coalesce(products.category, '(unknown)') as category,
            companions.co_purchase_count, companions.confidence, companions.lift
        from (
            select pairs.product2_key as companion_key, pairs.co_purchase_count,
                pairs.confidence_1_to_2 as confidence, pairs.lift
            {source} and pairs.product1_key = :product_key
            union all
            select pairs.product1_key, pairs.co_purchase_count,
                pairs.confidence_2_to_1, pairs.lift
            {source} and pairs.product2_key = :product_key
        ) as companions
        inner join DimProduct as products
            on companions.companion_key = products.product_key
        order by companions.confidence desc, products.product_key
        limit :row_limit
        """,
        parameters | {"product_key": product_key, "row_limit": limit},
    )


def category_affinity(
    warehouse: Warehouse, categories: tuple[str, ...]
) -> pd.DataFrame:
    """How much more often orders hold two categories than chance would have it.

    Returns:
        category1, category2, co_purchase_count (orders with both), lift,
        lift_lower_95.
    """
    first, parameters = one_of("category1", categories, "category")
    second, _ = one_of("category2", categories, "category")
    return warehouse.query(
        "select category1, category2, co_purchase_count, lift, lift_lower_95 "
        f"from rpt_category_affinity where {first} and {second} "
        "order by category1, category2",
        parameters,
    ).astype({"co_purchase_count": float, "lift": float, "lift_lower_95": float})


def recommendations(
    warehouse: Warehouse, product_key: int, minimum: int, categories: tuple[str, ...]
) -> pd.DataFrame:
    """What to offer with a product, the best first; what is sold out is left out.

    Returns:
        recommendation_rank, product_name, category, price, stock_quantity,
        co_purchase_count, lift_lower_95.
    """
    of_categories, parameters = in_categories("products", categories)
    return warehouse.query(
        "select offered.recommendation_rank, "
        "coalesce(products.product_name, products.product_id) as product_name, "
        "coalesce(products.category, '(unknown)') as category, "
        "offered.recommended_price as price, "
        "offered.recommended_stock_quantity as stock_quantity, "
        "offered.co_purchase_count, offered.lift_lower_95 "
        "from rpt_product_recommendations as offered "
        "inner join DimProduct as products "
        "on offered.recommended_product_key = products.product_key "
        "where offered.product_key = :product_key "
        f"and offered.co_purchase_count >= :minimum and {of_categories} "
        "order by offered.recommendation_rank",
        parameters | {"product_key": product_key, "minimum": minimum},
    ).astype({"price": float, "lift_lower_95": float})
