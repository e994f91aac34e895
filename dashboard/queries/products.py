"""Products: what sells over any range of days, and what lies in stock.

Whole months come from rpt_product_sales_monthly, the days around them from the fact,
so that any range is exact and quick.
"""

import pandas as pd

from dashboard.filters import (
    Parameters,
    SalesFilter,
    day_parameters,
    one_of,
    split_months,
)
from dashboard.periods import Grain, period_start, period_starts
from dashboard.queries.sales import MEASURES, SUMS, TYPES
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
    parts: list[str] = []
    parameters: Parameters = {}
    months = split_months(chosen.days)
    if months.first_month is not None:
        in_countries, countries = one_of("country", chosen.countries, "country")
        parameters |= countries
        parameters |= {
            "first_month": months.first_month,
            "last_month": months.last_month,
        }
        parts.append(
            f"select product_key, {SUMS} from rpt_product_sales_monthly "
            f"where month between :first_month and :last_month and {in_countries} "
            "group by product_key"
        )
    for index, edge in enumerate(months.edges):
        bounds = day_parameters(edge)
        parameters |= {
            f"edge_start_{index}": bounds["start_key"],
            f"edge_end_{index}": bounds["end_key"],
        }
        parts.append(_fact_part(chosen, index, parameters))
    in_categories, categories = one_of(
        "coalesce(products.category, '(unknown)')", chosen.categories, "category"
    )
    frame = warehouse.query(
        "select products.product_key, products.product_id, "
        "coalesce(products.product_name, products.product_id) as product_name, "
        "coalesce(products.category, '(unknown)') as category, "
        "products.price, products.stock_quantity, "
        f"{SUMS} from ({' union all '.join(parts)}) as parts "
        "inner join DimProduct as products "
        "on parts.product_key = products.product_key "
        f"where {in_categories} "
        "group by products.product_key, products.product_id, products.product_name, "
        "products.category, products.price, products.stock_quantity "
        "order by net_sales desc, products.product_key",
        parameters | categories,
    )
    return _with_shares(frame)


def _fact_part(chosen: SalesFilter, index: int, parameters: Parameters) -> str:
    where = f"sales.time_key between :edge_start_{index} and :edge_end_{index}"
    join = ""
    if chosen.countries:
        join = (
            "inner join DimCustomer as customers "
            "on sales.customer_key = customers.customer_key "
        )
        in_countries, countries = one_of(
            "coalesce(customers.country, '(unknown)')", chosen.countries, "country"
        )
        parameters |= countries
        where += f" and {in_countries}"
    return (
        f"select product_key, {_LINE_SUMS} from FactSales as sales {join}"
        f"where {where} group by product_key"
    )


def _with_shares(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.astype(TYPES | {"price": "float64", "stock_quantity": "float64"})
    frame["returns_rate"] = -frame["returns"] / frame["gross_sales"].where(
        frame["gross_sales"] > 0
    )
    total = frame["net_sales"].sum()
    frame["sales_share"] = frame["net_sales"] / total if total > 0 else float("nan")
    positive = frame["net_sales"].where(frame["net_sales"] > 0)
    frame["cumulative_share"] = positive.cumsum() / positive.sum()
    return frame


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
    parameters: Parameters = day_parameters(chosen.days) | {"product_key": product_key}
    where, join = "", ""
    if chosen.countries:
        join = (
            "inner join DimCustomer as customers "
            "on sales.customer_key = customers.customer_key "
        )
        in_countries, countries = one_of(
            "coalesce(customers.country, '(unknown)')", chosen.countries, "country"
        )
        where = f" and {in_countries}"
        parameters |= countries
    days = warehouse.query(
        f"select sales.time_key, {_LINE_SUMS} from FactSales as sales {join}"
        "where sales.product_key = :product_key "
        f"and sales.time_key between :start_key and :end_key{where} "
        "group by sales.time_key",
        parameters,
    )
    dates = pd.to_datetime(days["time_key"].astype(str), format="%Y%m%d")
    keys = dates.map(lambda day: pd.Timestamp(period_start(day.date(), grain)))
    starts = pd.to_datetime(pd.Series(period_starts(chosen.days, grain)))
    numbers = days[list(MEASURES)].astype(float)
    summed = numbers.groupby(keys).sum().reindex(starts).fillna(0)
    return summed.rename_axis("start").reset_index()


def stocked(warehouse: Warehouse, categories: tuple[str, ...]) -> pd.DataFrame:
    """The products in stock today, by what the stock is worth.

    Returns:
        product_key, product_id, product_name, category, price, stock_quantity,
        stock_value (price times stock; missing without a price).
    """
    in_categories, parameters = one_of(
        "coalesce(category, '(unknown)')", categories, "category"
    )
    return warehouse.query(
        "select product_key, product_id, "
        "coalesce(product_name, product_id) as product_name, "
        "coalesce(category, '(unknown)') as category, price, stock_quantity, "
        "price * stock_quantity as stock_value from DimProduct "
        f"where stock_quantity > 0 and {in_categories} "
        "order by coalesce(price * stock_quantity, 0) desc, product_key",
        parameters,
    ).astype({"price": float, "stock_quantity": float, "stock_value": float})
