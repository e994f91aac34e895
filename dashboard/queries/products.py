"""Products: what sells over any range of days, and what lies in stock.

Whole months come from rpt_product_sales_monthly, the days around them from the fact,
so that any range is exact and quick.
"""

import pandas as pd

from dashboard.filters import (
    SalesFilter,
    category_of,
    customers_in,
    name_of,
    one_of,
    values_of,
)
from dashboard.metrics import ratio, shares
from dashboard.periods import Grain, split_months, time_key
from dashboard.queries.sales import MEASURES, SUMS, TYPES, days_of_keys, in_periods
from dashboard.warehouse import Warehouse

# The same measures, from the lines themselves.
_LINE_SUMS = """
    round(coalesce(sum(
        case when line_type = 'sale' then line_item_total - discount_amount end
    ), 0), 4) as gross_sales,
    round(coalesce(sum(
        case when line_type = 'sale' then discount_amount end
    ), 0), 4) as discounts,
    round(coalesce(sum(
        case when line_type in ('return', 'refund') then line_item_total end
    ), 0), 4) as returns,
    round(sum(line_item_total), 4) as net_sales,
    sum(quantity_sold) as units,
    count(distinct case when line_type = 'sale' then order_id end) as orders
"""


def by_product(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per product with any line in the choice, best net sales first.

    Returns:
        product_key, product_id, product_name, category, price, stock_quantity (both
        as of today, missing where unknown), `MEASURES`, returns_rate, sales_share (of
        the net sales of the rows), cumulative_share (of the positive net sales).
    """
    whole, edges = split_months(chosen.days)
    join, in_countries = customers_in("sales", chosen.countries)
    category = category_of("products")
    parameters = chosen.parameters
    parts: list[str] = []
    if whole is not None:
        parameters["first_month"] = f"{whole.start:%Y-%m}"
        parameters["last_month"] = f"{whole.end:%Y-%m}"
        parts.append(
            f"select product_key, {SUMS} from rpt_product_sales_monthly "
            "where month between :first_month and :last_month "
            f"and {one_of('country', chosen.countries, 'country')} group by product_key"
        )
    for index, edge in enumerate(edges):
        parameters[f"edge_start_{index}"] = time_key(edge.start)
        parameters[f"edge_end_{index}"] = time_key(edge.end)
        parts.append(
            f"select product_key, {_LINE_SUMS} from FactSales as sales {join} "
            f"where sales.time_key between :edge_start_{index} and :edge_end_{index} "
            f"and {in_countries} group by product_key"
        )
    rows = warehouse.query(
        "select products.product_key, products.product_id, "
        f"{name_of('products')} as product_name, {category} as category, "
        "products.price, products.stock_quantity, "
        f"{SUMS} from ({' union all '.join(parts)}) as parts "
        "inner join DimProduct as products "
        "on parts.product_key = products.product_key "
        f"where {one_of(category, chosen.categories, 'category')} "
        "group by products.product_key, products.product_id, products.product_name, "
        "products.category, products.price, products.stock_quantity "
        "order by net_sales desc, products.product_key",
        parameters,
    ).astype(TYPES | {"price": "float64", "stock_quantity": "float64"})
    rows["returns_rate"] = ratio(rows, "returns_rate")
    rows["sales_share"] = shares(rows["net_sales"])
    positive = rows["net_sales"].where(rows["net_sales"] > 0)
    rows["cumulative_share"] = positive.cumsum() / positive.sum()
    return rows


def totals(products: pd.DataFrame) -> dict[str, float | None]:
    """The headline figures of rows of `by_product`, by metric.

    There is a discount rate where anything was taken off.
    """
    summed = {key: float(products[key].sum()) for key in MEASURES}
    ratios = ["discount_rate"] if products["discounts"].any() else []
    return {
        "net_sales": summed["net_sales"],
        "units": summed["units"],
        "products_sold": float((products["orders"] > 0).sum()),
    } | {key: ratio(summed, key) for key in [*ratios, "returns_rate"]}


def products_for_share(products: pd.DataFrame, share: float) -> int:
    """How many of the best products make that share of positive net sales."""
    reached = products["cumulative_share"].dropna()
    if reached.empty:
        return 0
    return int((reached < share - 1e-12).sum()) + 1


def low_stock(products: pd.DataFrame, days: int, cover: int) -> pd.DataFrame:
    """The products whose stock lasts for less than some days at the present pace.

    Args:
        products: Rows of `by_product`.
        days: The days that those sales took.
        cover: How many days the stock should last.

    Returns:
        The rows with units_per_day and days_of_stock, shortest first. Products
        without a known stock, and those that did not sell, are not among them.
    """
    found = products[products["stock_quantity"].notna() & (products["units"] > 0)]
    found = found.assign(units_per_day=found["units"] / max(days, 1))
    found["days_of_stock"] = (
        found["stock_quantity"].clip(lower=0) / found["units_per_day"]
    )
    found = found[found["days_of_stock"] < cover]
    return found.sort_values(["days_of_stock", "net_sales"], ascending=[True, False])


def product_by_period(
    warehouse: Warehouse, product_key: int, chosen: SalesFilter, grain: Grain
) -> pd.DataFrame:
    """One product's sales by period: start, then `MEASURES`; empty periods are 0.

    The category filter does not matter: the product has one.
    """
    join, in_countries = customers_in("sales", chosen.countries)
    days = warehouse.query(
        f"select sales.time_key, {_LINE_SUMS} from FactSales as sales {join} "
        "where sales.product_key = :product_key "
        f"and sales.time_key between :start_key and :end_key and {in_countries} "
        "group by sales.time_key",
        chosen.parameters | {"product_key": product_key},
    )
    dates = pd.Series(days_of_keys(days["time_key"]))
    return in_periods(days.astype(dict.fromkeys(MEASURES, float)), dates, chosen, grain)


def stocked(warehouse: Warehouse, categories: tuple[str, ...]) -> pd.DataFrame:
    """The products in stock today, by what the stock is worth; some have no price."""
    category = category_of("products")
    return warehouse.query(
        f"select product_key, product_id, {name_of('products')} as product_name, "
        f"{category} as category, price, stock_quantity, "
        "price * stock_quantity as stock_value from DimProduct as products "
        f"where stock_quantity > 0 and {one_of(category, categories, 'category')} "
        "order by coalesce(price * stock_quantity, 0) desc, product_key",
        values_of("category", categories),
    ).astype({"price": float, "stock_quantity": float, "stock_value": float})
