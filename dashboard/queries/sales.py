"""Sales, orders and buyers: by day, period, category and country.

Money and orders come from rpt_sales_daily, which is small. Orders of several
categories, and buyers, are distinct counts from FactOrders and FactOrderCategories:
they cannot be added up.
"""

from dataclasses import dataclass

import pandas as pd

from dashboard.filters import Parameters, SalesFilter, day_parameters, one_of
from dashboard.warehouse import Warehouse

# What stands between gross and net sales, in the order in which it is taken off.
BRIDGE = ("gross_sales", "discounts", "returns", "net_sales")


MEASURES = (*BRIDGE, "units", "orders")


SUMS = ", ".join(
    f"round(sum({name}), 4) as {name}" if name in BRIDGE else f"sum({name}) as {name}"
    for name in MEASURES
)


TYPES = dict.fromkeys(BRIDGE, "float64") | {"units": "int64", "orders": "int64"}


@dataclass(frozen=True)
class Totals:
    """The headline of a choice of sales."""

    gross_sales: float
    discounts: float
    returns: float
    net_sales: float
    units: int
    orders: int
    buyers: int
    new_buyers: int

    @property
    def average_order_value(self) -> float | None:
        """Net sales per order; None without orders."""
        return self.net_sales / self.orders if self.orders else None

    @property
    def new_buyer_share(self) -> float | None:
        """New buyers per buyer; None without buyers."""
        return self.new_buyers / self.buyers if self.buyers else None

    @property
    def returns_rate(self) -> float | None:
        """Returns, taken positive, per gross sales; None without sales."""
        return -self.returns / self.gross_sales if self.gross_sales > 0 else None


def choices(warehouse: Warehouse) -> tuple[list[str], list[str]]:
    """All countries and all categories with sales, in alphabetical order."""
    countries = warehouse.query(
        "select distinct country from rpt_sales_daily where is_all_categories"
    )["country"]
    categories = warehouse.query(
        "select distinct category from rpt_sales_daily where not is_all_categories"
    )["category"]
    return sorted(countries, key=_unknown_last), sorted(categories, key=_unknown_last)


def _unknown_last(name: str) -> tuple[bool, str]:
    return name.startswith("("), name.casefold()


def daily_source(chosen: SalesFilter) -> tuple[str, Parameters]:
    """The rows of rpt_sales_daily that hold the choice, each amount once."""
    in_countries, countries = one_of("country", chosen.countries, "country")
    if chosen.categories:
        in_categories, categories = one_of("category", chosen.categories, "category")
        in_categories = f"not is_all_categories and {in_categories}"
    else:
        in_categories, categories = "is_all_categories", {}
    condition = (
        "from rpt_sales_daily where date between :start_date and :end_date "
        f"and {in_categories} and {in_countries}"
    )
    return condition, day_parameters(chosen.days) | countries | categories


def order_source(chosen: SalesFilter) -> tuple[str, Parameters]:
    """The counting orders of the choice, as `source` with order and customer keys.

    With a category filter one order may stand in several rows.
    """
    parameters = day_parameters(chosen.days)
    in_countries, countries = one_of("source.country", chosen.countries, "country")
    if chosen.categories:
        in_categories, categories = one_of(
            "source.category", chosen.categories, "category"
        )
        return (
            "from FactOrderCategories as source where source.has_sale "
            "and source.time_key between :start_key and :end_key "
            f"and {in_categories} and {in_countries}",
            parameters | countries | categories,
        )
    # The plus keeps SQLite from looking up the orders one by one by their day: they are
    # stored by customer, and read from end to end in a tenth of the time.
    in_time = "+source.time_key between :start_key and :end_key"
    if chosen.countries:
        in_countries, countries = one_of(
            "coalesce(customers.country, '(unknown)')", chosen.countries, "country"
        )
        return (
            "from FactOrders as source "
            "inner join DimCustomer as customers "
            "on source.customer_key = customers.customer_key "
            "where source.customer_order_number is not null "
            f"and {in_time} "
            f"and {in_countries}",
            parameters | countries,
        )
    return (
        "from FactOrders as source where source.customer_order_number is not null "
        f"and {in_time}",
        parameters,
    )


def by_day(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per day with any line: date, then `MEASURES`.

    Orders of one day are distinct, and an order has one day: they add up over days.
    """
    source, parameters = daily_source(chosen)
    days = warehouse.query(
        f"select date, {SUMS} {source} group by date order by date", parameters
    )
    days["date"] = pd.to_datetime(days["date"])
    if len(chosen.categories) > 1:
        source, parameters = order_source(chosen)
        orders = warehouse.query(
            "select source.time_key, count(distinct source.order_id) as orders "
            f"{source} group by source.time_key",
            parameters,
        )
        keys = pd.to_datetime(orders["time_key"].astype(str), format="%Y%m%d")
        distinct = pd.Series(orders["orders"].to_numpy(), index=keys)
        days["orders"] = days["date"].map(distinct).fillna(0)
    return days.astype(TYPES)


def buyers(warehouse: Warehouse, chosen: SalesFilter) -> tuple[int, int]:
    """Distinct buyers of the choice, and how many of them are new.

    New are those whose first order ever falls on the days of the choice, whatever the
    category.
    """
    source, parameters = order_source(chosen)
    if chosen.categories:
        sql = f"""
            select
                count(*) as buyers,
                count(case when firsts.first_order_date
                    between :start_date and :end_date then 1 end) as new_buyers
            from (
                select distinct source.customer_key {source}
                and source.customer_key <> -1
            ) as found
            inner join rpt_customer_lifetime_value as firsts
                on found.customer_key = firsts.customer_key
        """
    else:
        sql = (
            "select count(distinct source.customer_key) as buyers, "
            "count(case when source.customer_order_number = 1 then 1 end) "
            f"as new_buyers {source}"
        )
    row = warehouse.query(sql, parameters).iloc[0]
    return int(row["buyers"]), int(row["new_buyers"])


def totals(warehouse: Warehouse, chosen: SalesFilter) -> Totals:
    """The headline figures of the choice."""
    days = by_day(warehouse, chosen)
    found, new = buyers(warehouse, chosen)
    return Totals(
        **{name: round(float(days[name].sum()), 4) for name in BRIDGE},
        units=int(days["units"].sum()),
        orders=int(days["orders"].sum()),
        buyers=found,
        new_buyers=new,
    )


def by_country(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per country with any line: country, then `MEASURES`; best first."""
    source, parameters = daily_source(chosen)
    countries = warehouse.query(
        f"select country, {SUMS} {source} "
        "group by country order by net_sales desc, country",
        parameters,
    )
    if len(chosen.categories) > 1:
        source, parameters = order_source(chosen)
        orders = warehouse.query(
            "select source.country, count(distinct source.order_id) as orders "
            f"{source} group by source.country",
            parameters,
        ).set_index("country")["orders"]
        countries["orders"] = countries["country"].map(orders).fillna(0)
    return countries.astype({"orders": "int64"})
