"""Sales, orders and buyers of a choice, as several pages show them.

Money and orders come from rpt_sales_daily, which is small. Orders of several
categories, and buyers, are distinct counts from FactOrders and FactOrderCategories:
they cannot be added up.
"""

from collections.abc import Mapping

import pandas as pd

from dashboard.filters import SalesFilter, customers_in, one_of
from dashboard.metrics import ratio
from dashboard.periods import Grain, period_starts
from dashboard.warehouse import Warehouse

# What stands between gross and net sales, in the order in which it is taken off.
BRIDGE = ("gross_sales", "discounts", "returns", "net_sales")
# Of the lines whose cost is known.
COSTED = ("net_sales_with_cost", "margin")
_MONEY = (*BRIDGE, *COSTED)
MEASURES = (*_MONEY, "units", "orders")
SUMS = ", ".join(
    f"round(sum({name}), 4) as {name}" if name in _MONEY else f"sum({name}) as {name}"
    for name in MEASURES
)
RATIOS = ("average_order_value", "new_buyer_share", "returns_rate")
TYPES = dict.fromkeys(_MONEY, "float64") | {"units": "int64", "orders": "int64"}


def choices(warehouse: Warehouse) -> tuple[list[str], list[str]]:
    """All countries and all categories with sales, in alphabetical order."""
    return (
        _names(warehouse, "country", "is_all_categories"),
        _names(warehouse, "category", "not is_all_categories"),
    )


def _names(warehouse: Warehouse, column: str, condition: str) -> list[str]:
    """In alphabetical order, "(unknown)" last."""
    names = warehouse.query(
        f"select distinct {column} from rpt_sales_daily where {condition}"
    )[column]
    return sorted(names, key=lambda name: (name.startswith("("), name.casefold()))


def daily_source(chosen: SalesFilter) -> str:
    """The rows of rpt_sales_daily that hold the choice, each amount once."""
    in_categories = "is_all_categories"
    if chosen.categories:
        in_categories = f"not {in_categories} and " + one_of(
            "category", chosen.categories, "category"
        )
    return (
        "from rpt_sales_daily where date between :start_date and :end_date "
        f"and {in_categories} and {one_of('country', chosen.countries, 'country')}"
    )


def order_source(chosen: SalesFilter) -> str:
    """The counting orders of the choice, as `source` with order and customer keys.

    With a category filter one order may stand in several rows.
    """
    if chosen.categories:
        return (
            "from FactOrderCategories as source where source.has_sale "
            "and source.time_key between :start_key and :end_key "
            f"and {one_of('source.category', chosen.categories, 'category')} "
            f"and {one_of('source.country', chosen.countries, 'country')}"
        )
    join, in_countries = customers_in("source", chosen.countries)
    # The plus keeps SQLite from looking up the orders one by one by their day: they are
    # stored by customer, and read from end to end in a tenth of the time.
    return (
        f"from FactOrders as source {join} "
        "where source.customer_order_number is not null "
        f"and +source.time_key between :start_key and :end_key and {in_countries}"
    )


# Of `buyers_of`, those whose first order ever falls on the days of the choice.
NEW_BUYERS = """
    count(case when buyers.first_order_date between :start_date and :end_date
        then 1 end) as new_buyers
"""


def buyers_of(chosen: SalesFilter) -> str:
    """The known customers of the choice, each once, as `buyers`."""
    return f"""
        from (
            select distinct source.customer_key {order_source(chosen)}
            and source.customer_key <> -1
        ) as found
        inner join rpt_customer_lifetime_value as buyers
            on found.customer_key = buyers.customer_key
    """


def _distinct_orders(
    warehouse: Warehouse, chosen: SalesFilter, column: str
) -> pd.Series:
    """The orders of the choice, each once, by a column of `order_source`."""
    return warehouse.query(
        f"select source.{column}, count(distinct source.order_id) as orders "
        f"{order_source(chosen)} group by source.{column}",
        chosen.parameters,
    ).set_index(column)["orders"]


def days_of_keys(keys: pd.Series | pd.Index) -> pd.DatetimeIndex:
    """Keys of DimTime as days."""
    return pd.DatetimeIndex(pd.to_datetime(keys.astype(str), format="%Y%m%d"))


def by_day(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per day with any line: date, then `MEASURES`.

    Orders of one day are distinct, and an order has one day: they add up over days.
    """
    days = warehouse.query(
        f"select date, {SUMS} {daily_source(chosen)} group by date order by date",
        chosen.parameters,
    )
    days["date"] = pd.to_datetime(days["date"])
    if len(chosen.categories) > 1:
        orders = _distinct_orders(warehouse, chosen, "time_key")
        orders.index = days_of_keys(orders.index)
        days["orders"] = days["date"].map(orders).fillna(0)
    return days.astype(TYPES)


def in_periods(
    days: pd.DataFrame, dates: pd.Series, chosen: SalesFilter, grain: Grain
) -> pd.DataFrame:
    """Figures of days added up to periods: start, then `MEASURES`; empty ones are 0.

    The margin of a period with lines, and no cost that is known, is missing; of all
    where there is none at all.
    """
    starts = pd.to_datetime(pd.Series(period_starts(chosen.days, grain)))
    keys = dates.dt.to_period(grain.frequency).dt.start_time
    by_period = days[list(MEASURES)].groupby(keys).sum(min_count=1)
    summed = by_period.reindex(starts, fill_value=0)
    if days["margin"].isna().all():
        summed["margin"] = float("nan")
    return summed.rename_axis("start").reset_index()


def by_country(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per country with any line: country, then `MEASURES`; best first."""
    countries = warehouse.query(
        f"select country, {SUMS} {daily_source(chosen)} "
        "group by country order by net_sales desc, country",
        chosen.parameters,
    )
    if len(chosen.categories) > 1:
        orders = _distinct_orders(warehouse, chosen, "country")
        countries["orders"] = countries["country"].map(orders).fillna(0)
    return countries.astype({"orders": "int64"})


def buyers(warehouse: Warehouse, chosen: SalesFilter) -> tuple[int, int]:
    """Distinct buyers of the choice, and how many of them are new.

    New are those whose first order ever falls on the days of the choice, whatever the
    category.
    """
    if chosen.categories:
        sql = f"select count(*) as buyers, {NEW_BUYERS} {buyers_of(chosen)}"
    else:
        sql = (
            "select count(distinct source.customer_key) as buyers, "
            "count(case when source.customer_order_number = 1 then 1 end) "
            f"as new_buyers {order_source(chosen)}"
        )
    row = warehouse.query(sql, chosen.parameters).iloc[0]
    return int(row["buyers"]), int(row["new_buyers"])


def totals(warehouse: Warehouse, chosen: SalesFilter) -> dict[str, float | None]:
    """The headline figures of the choice, by metric; a ratio to nothing is None."""
    return totals_of(by_day(warehouse, chosen), buyers(warehouse, chosen))


def summed(rows: pd.DataFrame) -> dict[str, float]:
    """The sums of `MEASURES`; the margin is left out where no cost is known."""
    known = [key for key in MEASURES if key != "margin" or rows[key].notna().any()]
    return {key: round(float(rows[key].sum()), 4) for key in known}


def costed(figures: Mapping[str, float]) -> dict[str, float | None]:
    """The margin of sums, and its rate; nothing where no cost is known."""
    if "margin" not in figures:
        return {}
    return {"margin": figures["margin"], "margin_rate": ratio(figures, "margin_rate")}


def totals_of(
    days: pd.DataFrame, all_and_new: tuple[int, int]
) -> dict[str, float | None]:
    """The same from rows of `by_day` and what `buyers` gives."""
    figures = summed(days)
    figures["buyers"], figures["new_buyers"] = all_and_new
    return figures | {key: ratio(figures, key) for key in RATIOS} | costed(figures)
