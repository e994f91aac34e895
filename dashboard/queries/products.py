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
from dashboard.queries.sales import (
    MEASURES,
    SUMS,
    TYPES,
    costed,
    days_of_keys,
    in_periods,
    summed,
)
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
    round(coalesce(sum(
        case when cost_amount is not null then line_item_total end
    ), 0), 4) as net_sales_with_cost,
    round(sum(margin_amount), 4) as margin,
    sum(quantity_sold) as units,
    count(distinct case when line_type = 'sale' then order_id end) as orders
"""


def by_product(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per product with any line in the choice, best net sales first.

    Returns:
        product_key, product_id, product_name, category, price, stock_quantity,
        unit_cost (all as of today, missing where unknown), is_service, `MEASURES` (the
        margin is missing where no cost is known), returns_rate, margin_rate,
        sales_share (of the net sales of the rows), cumulative_share (of the positive
        net sales). Services, such as postage, have no share, and are in none.
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
        "products.price, products.stock_quantity, products.unit_cost, "
        f"products.is_service, {SUMS} from ({' union all '.join(parts)}) as parts "
        "inner join DimProduct as products "
        "on parts.product_key = products.product_key "
        f"where {one_of(category, chosen.categories, 'category')} "
        "group by products.product_key, products.product_id, products.product_name, "
        "products.category, products.price, products.stock_quantity, "
        "products.unit_cost, products.is_service "
        "order by net_sales desc, products.product_key",
        parameters,
    ).astype(
        TYPES
        | dict.fromkeys(("price", "stock_quantity", "unit_cost"), "float64")
        | {"is_service": "bool"}
    )
    for key in ("returns_rate", "margin_rate"):
        rows[key] = ratio(rows, key)
    of_goods = rows["net_sales"].where(~rows["is_service"])
    rows["sales_share"] = shares(of_goods)
    positive = of_goods.where(of_goods > 0)
    rows["cumulative_share"] = positive.cumsum() / positive.sum()
    return rows


def goods_and_services(products: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of `by_product`: what can be ranked and stocked, and what cannot."""
    is_service = products["is_service"]
    return products[~is_service], products[is_service]


def with_services_as_one(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """Rows of `by_product`, each service called "Services", of the key 0."""
    rows = by_product(warehouse, chosen)
    return rows.assign(
        product_key=rows["product_key"].mask(rows["is_service"], 0),
        product_name=rows["product_name"].mask(rows["is_service"], "Services"),
    )


def totals(products: pd.DataFrame) -> dict[str, float | None]:
    """The headline figures of rows of `by_product`, by metric.

    There is a discount rate where anything was taken off, and a margin where a cost is
    known. Money and units are those of services as well; they are no products sold.
    """
    sums = summed(products)
    ratios = ["discount_rate"] if products["discounts"].any() else []
    return (
        {
            "net_sales": sums["net_sales"],
            "units": sums["units"],
            "products_sold": float(
                ((products["orders"] > 0) & ~products["is_service"]).sum()
            ),
        }
        | {key: ratio(sums, key) for key in [*ratios, "returns_rate"]}
        | costed(sums)
    )


def products_for_share(products: pd.DataFrame, share: float) -> int:
    """How many of the best products make that share of positive net sales."""
    reached = products["cumulative_share"].dropna()
    if reached.empty:
        return 0
    return int((reached < share - 1e-12).sum()) + 1


def stock_levels(warehouse: Warehouse, categories: tuple[str, ...]) -> pd.DataFrame:
    """One row per product whose stock is known, the most urgent to order first.

    Returns:
        product_key, product_id, product_name, category, price, stock_quantity,
        stock_status (as in rpt_reorder), urgency_rank, pace_days, units_per_day,
        days_left, reorder_quantity (these four missing where there is nothing to say),
        last_sale_date.
    """
    return warehouse.query(
        f"""
        select product_key, product_id, {name_of("reorder")} as product_name, category,
            price, stock_quantity, stock_status, urgency_rank, pace_days, units_per_day,
            days_left, reorder_quantity, last_sale_date
        from rpt_reorder as reorder
        where {one_of("category", categories, "category")}
        order by case when urgency_rank is null then 1 else 0 end, urgency_rank,
            product_key
        """,
        values_of("category", categories),
    ).astype(
        dict.fromkeys(
            ("price", "stock_quantity", "urgency_rank", "units_per_day"), "float64"
        )
        | dict.fromkeys(("days_left", "reorder_quantity"), "float64")
    )


def running_out(levels: pd.DataFrame) -> pd.DataFrame:
    """Rows of `stock_levels`: sold out and asked for, or gone before an order arrives.

    What was sold out for so long that nobody can say what it would sell is not listed.
    """
    short = levels["stock_status"].isin(["sold out", "order now"])
    return levels[short & levels["units_per_day"].notna()]


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
        "where stock_quantity > 0 and not is_service "
        f"and {one_of(category, categories, 'category')} "
        "order by coalesce(price * stock_quantity, 0) desc, product_key",
        values_of("category", categories),
    ).astype({"price": float, "stock_quantity": float, "stock_value": float})
