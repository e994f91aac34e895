"""Products bought together."""

import pandas as pd

from dashboard.filters import Parameters, one_of
from dashboard.warehouse import Warehouse

# Names and categories beside the keys; -1 never stands in a pair.
_NAMED_PAIRS = """
    from rpt_product_co_purchases as pairs
    inner join DimProduct as first_product
        on pairs.product1_key = first_product.product_key
    inner join DimProduct as second_product
        on pairs.product2_key = second_product.product_key
"""


# How sure the data are that a pair is more than chance.
EVIDENCE = ("lift_lower_95", "expected_co_purchases", "q_value", "is_significant")


def has_evidence(warehouse: Warehouse) -> bool:
    """Whether the warehouse says which pairs are more than chance."""
    return warehouse.has("rpt_product_co_purchases", *EVIDENCE)


def largest_count(warehouse: Warehouse) -> tuple[int, int]:
    """The smallest and the largest co_purchase_count listed; 0 without pairs."""
    row = warehouse.query(
        "select min(co_purchase_count) as low, max(co_purchase_count) as high "
        "from rpt_product_co_purchases"
    ).iloc[0]
    if pd.isna(row["low"]):
        return 0, 0
    return int(row["low"]), int(row["high"])


def _conditions(
    minimum: int, categories: tuple[str, ...], *, only_significant: bool = False
) -> tuple[str, Parameters]:
    """Pairs often enough together, with both products in the chosen categories."""
    parameters: Parameters = {"minimum": minimum}
    condition = "pairs.co_purchase_count >= :minimum"
    if only_significant:
        condition += " and pairs.is_significant"
    if categories:
        for side in ("first_product", "second_product"):
            in_categories, values = one_of(
                f"coalesce({side}.category, '(unknown)')", categories, "category"
            )
            condition += f" and {in_categories}"
            parameters |= values
    return condition, parameters


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
        order_by: lift_lower_95, lift, co_purchase_count or support.
        limit: How many.
        only_significant: Only pairs that are more than chance.

    Returns:
        product1_key, product2_key, product1, product2, category1, category2,
        co_purchase_count, support, confidence_1_to_2, confidence_2_to_1, lift, and
        the columns of EVIDENCE where the warehouse has them.
    """
    if order_by not in ("lift_lower_95", "lift", "co_purchase_count", "support"):
        raise ValueError(f"no such order: {order_by}")
    condition, parameters = _conditions(
        minimum, categories, only_significant=only_significant
    )
    evidence = "".join(f", best.{name}" for name in EVIDENCE if has_evidence(warehouse))
    # The best pairs first, their names afterwards: cheaper than naming every pair.
    source = (
        "from rpt_product_co_purchases as pairs" if not categories else _NAMED_PAIRS
    )
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
            best.confidence_2_to_1, best.lift{evidence}
        from (
            select pairs.* {source}
            where {condition}
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
    condition, parameters = _conditions(
        minimum, categories, only_significant=only_significant
    )
    source = (
        "from rpt_product_co_purchases as pairs" if not categories else _NAMED_PAIRS
    )
    frame = warehouse.query(
        f"select count(*) as pairs {source} where {condition}",
        parameters,
    )
    return int(frame["pairs"].iloc[0])


def chance_share(warehouse: Warehouse) -> float | None:
    """Of all pairs called significant, the share that may be chance; None without."""
    frame = warehouse.query(
        "select max(q_value) as share from rpt_product_co_purchases "
        "where is_significant"
    )
    share = frame["share"].iloc[0]
    return None if pd.isna(share) else float(share)


def category_pairs(
    warehouse: Warehouse, minimum: int, categories: tuple[str, ...]
) -> pd.DataFrame:
    """Pairs by the categories of their products, each combination once.

    Returns:
        category1, category2, pairs, co_purchase_count (summed), lift (mean, weighted
        by co_purchase_count).
    """
    condition, parameters = _conditions(minimum, categories)
    frame = warehouse.query(
        "select coalesce(first_product.category, '(unknown)') as category1, "
        "coalesce(second_product.category, '(unknown)') as category2, "
        "count(*) as pairs, sum(pairs.co_purchase_count) as co_purchase_count, "
        "sum(pairs.lift * pairs.co_purchase_count) as weighted_lift "
        f"{_NAMED_PAIRS} where {condition} "
        "group by coalesce(first_product.category, '(unknown)'), "
        "coalesce(second_product.category, '(unknown)')",
        parameters,
    ).astype({"co_purchase_count": float, "weighted_lift": float})
    low = frame[["category1", "category2"]].min(axis=1)
    high = frame[["category1", "category2"]].max(axis=1)
    summed = (
        frame.assign(category1=low, category2=high)
        .groupby(["category1", "category2"], as_index=False)[
            ["pairs", "co_purchase_count", "weighted_lift"]
        ]
        .sum()
    )
    summed["lift"] = summed["weighted_lift"] / summed["co_purchase_count"]
    return summed.drop(columns="weighted_lift")


def paired_products(
    warehouse: Warehouse, minimum: int, categories: tuple[str, ...]
) -> pd.DataFrame:
    """The products of the pairs: product_key, product_name; by name."""
    condition, parameters = _conditions(minimum, categories)
    source = (
        "from rpt_product_co_purchases as pairs" if not categories else _NAMED_PAIRS
    )
    return warehouse.query(
        f"""
        select products.product_key,
            coalesce(products.product_name, products.product_id) as product_name
        from DimProduct as products
        inner join (
            select pairs.product1_key as product_key {source} where {condition}
            union
            select pairs.product2_key as product_key {source} where {condition}
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
    condition, parameters = _conditions(minimum, categories)
    source = (
        "from rpt_product_co_purchases as pairs" if not categories else _NAMED_PAIRS
    )
    return warehouse.query(
        f"""
        select products.product_key,
            coalesce(products.product_name, products.product_id) as product_name,
            coalesce(products.category, '(unknown)') as category,
            companions.co_purchase_count, companions.confidence, companions.lift
        from (
            select pairs.product2_key as companion_key, pairs.co_purchase_count,
                pairs.confidence_1_to_2 as confidence, pairs.lift
            {source} where pairs.product1_key = :product_key and {condition}
            union all
            select pairs.product1_key, pairs.co_purchase_count,
                pairs.confidence_2_to_1, pairs.lift
            {source} where pairs.product2_key = :product_key and {condition}
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
) -> pd.DataFrame | None:
    """How much more often orders hold two categories than chance would have it.

    Returns:
        category1, category2, co_purchase_count (orders with both), lift,
        lift_lower_95; None in an older warehouse.
    """
    if not warehouse.has("rpt_category_affinity", "lift_lower_95"):
        return None
    first, parameters = one_of("category1", categories, "category")
    second, more = one_of("category2", categories, "category")
    return warehouse.query(
        "select category1, category2, co_purchase_count, lift, lift_lower_95 "
        f"from rpt_category_affinity where {first} and {second} "
        "order by category1, category2",
        parameters | more,
    ).astype({"co_purchase_count": float, "lift": float, "lift_lower_95": float})


def recommendations(
    warehouse: Warehouse, product_key: int, minimum: int, categories: tuple[str, ...]
) -> pd.DataFrame | None:
    """What to offer with a product, the best first; what is sold out is left out.

    Returns:
        recommendation_rank, product_name, category, price, stock_quantity,
        co_purchase_count, lift_lower_95; None in an older warehouse.
    """
    if not warehouse.has("rpt_product_recommendations", "lift_lower_95"):
        return None
    in_categories, parameters = one_of(
        "coalesce(products.category, '(unknown)')", categories, "category"
    )
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
        f"and offered.co_purchase_count >= :minimum and {in_categories} "
        "order by offered.recommendation_rank",
        parameters | {"product_key": product_key, "minimum": minimum},
    ).astype({"price": float, "lift_lower_95": float})
