"""Products bought together."""

import pandas as pd

from dashboard.filters import Parameters, category_of, name_of, one_of, values_of
from dashboard.warehouse import Warehouse

RANKINGS = ("lift_lower_95", "lift", "co_purchase_count", "support")


def largest_count(warehouse: Warehouse) -> tuple[int, int]:
    """The smallest and the largest co_purchase_count listed; 0 without pairs."""
    row = warehouse.query(
        "select min(co_purchase_count) as low, max(co_purchase_count) as high "
        "from rpt_product_co_purchases where not has_service"
    ).iloc[0]
    if pd.isna(row["low"]):
        return 0, 0
    return int(row["low"]), int(row["high"])


# The products of a row with the keys of two; -1 never stands in a pair.
_PRODUCTS = """
    inner join DimProduct as first_product
        on pairs.product1_key = first_product.product_key
    inner join DimProduct as second_product
        on pairs.product2_key = second_product.product_key
"""


def _source(
    categories: tuple[str, ...],
    *,
    only_significant: bool = False,
    with_products: bool = False,
) -> str:
    """Pairs often enough together, with both products in the chosen categories.

    Pairs with a service, such as postage, are not among them.
    """
    return (
        "from rpt_product_co_purchases as pairs "
        f"{_PRODUCTS if categories or with_products else ''} "
        "where pairs.co_purchase_count >= :minimum and not pairs.has_service "
        f"{'and pairs.is_significant' if only_significant else ''} "
        f"and {one_of(category_of('first_product'), categories, 'category')} "
        f"and {one_of(category_of('second_product'), categories, 'category')}"
    )


def _parameters(minimum: int, categories: tuple[str, ...]) -> Parameters:
    return {"minimum": minimum} | values_of("category", categories)


def pairs(
    warehouse: Warehouse,
    minimum: int,
    categories: tuple[str, ...],
    order_by: str,
    limit: int,
    *,
    only_significant: bool = False,
) -> pd.DataFrame:
    """The strongest pairs, by one of `RANKINGS`.

    They are in no fewer baskets than the minimum, within the categories if there are
    any, and more than chance where only significant ones are asked for.
    """
    if order_by not in RANKINGS:
        raise ValueError(f"no such order: {order_by}")
    ranked = (
        f"order by pairs.{order_by} desc, pairs.co_purchase_count desc, "
        "pairs.product1_key, pairs.product2_key"
    )
    # The best pairs first, their names afterwards: cheaper than naming every pair.
    return warehouse.query(
        f"""
        select pairs.product1_key, pairs.product2_key,
            {name_of("first_product")} as product1,
            {name_of("second_product")} as product2,
            {category_of("first_product")} as category1,
            {category_of("second_product")} as category2,
            pairs.co_purchase_count, pairs.support, pairs.confidence_1_to_2,
            pairs.confidence_2_to_1, pairs.lift, pairs.lift_lower_95,
            pairs.expected_co_purchases, pairs.q_value, pairs.is_significant
        from (
            select pairs.* {_source(categories, only_significant=only_significant)}
            {ranked}
            limit :row_limit
        ) as pairs
        {_PRODUCTS}
        {ranked}
        """,
        _parameters(minimum, categories) | {"row_limit": limit},
    )


def pair_count(
    warehouse: Warehouse,
    minimum: int,
    categories: tuple[str, ...],
    *,
    only_significant: bool = False,
) -> int:
    """How many pairs there are."""
    source = _source(categories, only_significant=only_significant)
    counted = warehouse.query(
        f"select count(*) as pairs {source}", _parameters(minimum, categories)
    )
    return int(counted["pairs"].iloc[0])


def pairs_with_services(warehouse: Warehouse) -> int:
    """How many listed pairs are left out, since one of the two is a service."""
    counted = warehouse.query(
        "select count(*) as pairs from rpt_product_co_purchases where has_service"
    )
    return int(counted["pairs"].iloc[0])


def chance_share(warehouse: Warehouse) -> float | None:
    """Of all pairs called significant, the share that may be chance; None without."""
    share = warehouse.query(
        "select max(q_value) as share from rpt_product_co_purchases "
        "where is_significant and not has_service"
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
    first, second = category_of("first_product"), category_of("second_product")
    rows = warehouse.query(
        f"""
        select {first} as category1, {second} as category2,
            count(*) as pairs, sum(pairs.co_purchase_count) as co_purchase_count,
            sum(pairs.lift * pairs.co_purchase_count) as weighted_lift
        {_source(categories, with_products=True)}
        group by {first}, {second}
        """,
        _parameters(minimum, categories),
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
    """The products of the pairs: product_key, product_id, product_name; by name."""
    source = _source(categories)
    return warehouse.query(
        f"""
        select products.product_key, products.product_id,
            {name_of("products")} as product_name
        from DimProduct as products
        inner join (
            select pairs.product1_key as product_key {source}
            union
            select pairs.product2_key as product_key {source}
        ) as paired on products.product_key = paired.product_key
        order by product_name, products.product_key
        """,
        _parameters(minimum, categories),
    )


def companions(
    warehouse: Warehouse,
    product_key: int,
    minimum: int,
    categories: tuple[str, ...],
    limit: int,
) -> pd.DataFrame:
    """What is bought with a product, most likely first.

    The confidence is the share of the product's baskets that hold the companion.
    """
    source = _source(categories)
    return warehouse.query(
        f"""
        select products.product_key, {name_of("products")} as product_name,
            {category_of("products")} as category,
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
        _parameters(minimum, categories)
        | {"product_key": product_key, "row_limit": limit},
    )


def category_affinity(
    warehouse: Warehouse, categories: tuple[str, ...]
) -> pd.DataFrame:
    """Rows of rpt_category_affinity: how often orders hold two categories."""
    return warehouse.query(
        "select category1, category2, co_purchase_count, lift, lift_lower_95 "
        "from rpt_category_affinity "
        f"where {one_of('category1', categories, 'category')} "
        f"and {one_of('category2', categories, 'category')} "
        "order by category1, category2",
        values_of("category", categories),
    ).astype({"co_purchase_count": float, "lift": float, "lift_lower_95": float})


def recommendations(
    warehouse: Warehouse, product_key: int, minimum: int, categories: tuple[str, ...]
) -> pd.DataFrame:
    """What to offer with a product, the best first; what is sold out is left out."""
    category = category_of("products")
    return warehouse.query(
        "select offered.recommendation_rank, products.product_key, "
        f"{name_of('products')} as product_name, {category} as category, "
        "offered.recommended_price as price, "
        "offered.recommended_stock_quantity as stock_quantity, "
        "offered.co_purchase_count, offered.lift_lower_95 "
        "from rpt_product_recommendations as offered "
        "inner join DimProduct as products "
        "on offered.recommended_product_key = products.product_key "
        "where offered.product_key = :product_key "
        "and offered.co_purchase_count >= :minimum "
        f"and {one_of(category, categories, 'category')} "
        "order by offered.recommendation_rank",
        _parameters(minimum, categories) | {"product_key": product_key},
    ).astype({"price": float, "lift_lower_95": float})
