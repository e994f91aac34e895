"""Sales, orders and buyers: by day, period, category and country.

Money and orders come from rpt_sales_daily, which is small. Orders of several
categories, and buyers, are distinct counts from FactOrders and FactOrderCategories:
they cannot be added up.
"""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from dashboard.filters import Parameters, SalesFilter, day_parameters, one_of
from dashboard.periods import Grain, period_start, period_starts
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


def _daily_source(chosen: SalesFilter) -> tuple[str, Parameters]:
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


def _order_source(chosen: SalesFilter) -> tuple[str, Parameters]:
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
    source, parameters = _daily_source(chosen)
    days = warehouse.query(
        f"select date, {SUMS} {source} group by date order by date", parameters
    )
    days["date"] = pd.to_datetime(days["date"])
    if len(chosen.categories) > 1:
        source, parameters = _order_source(chosen)
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
    source, parameters = _order_source(chosen)
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


_PERIOD_KEYS = {
    Grain.DAY: "calendar.time_key",
    Grain.WEEK: "calendar.iso_year * 100 + calendar.week_of_year",
    Grain.MONTH: "calendar.year * 100 + calendar.month",
}


def period_key(day: dt.date, grain: Grain) -> int:
    """The number that stands for the day's period: 20111209, 201149 or 201112."""
    match grain:
        case Grain.DAY:
            return day.year * 10_000 + day.month * 100 + day.day
        case Grain.WEEK:
            iso = day.isocalendar()
            return iso.year * 100 + iso.week
        case Grain.MONTH:
            return day.year * 100 + day.month


def buyers_by_period(
    warehouse: Warehouse, chosen: SalesFilter, grain: Grain
) -> pd.DataFrame:
    """One row per period that the days touch: start, buyers, new_buyers.

    A buyer is new in the period that holds the first order ever; of a period that the
    days cut, only the days of the choice count.
    """
    source, parameters = _order_source(chosen)
    period = _PERIOD_KEYS[grain]
    if chosen.categories:
        sql = f"""
            select visits.period, count(*) as buyers,
                count(case when {period} = visits.period
                    and firsts.first_order_date between :start_date and :end_date
                    then 1 end) as new_buyers
            from (
                select distinct {period} as period, visit.customer_key
                from (
                    select distinct source.time_key, source.customer_key {source}
                    and source.customer_key <> -1
                ) as visit
                inner join DimTime as calendar
                    on +visit.time_key = calendar.time_key
            ) as visits
            inner join rpt_customer_lifetime_value as firsts
                on visits.customer_key = firsts.customer_key
            inner join DimTime as calendar
                on firsts.first_order_date = calendar.date
            group by visits.period
        """
    else:
        sql = f"""
            select {period} as period,
                count(distinct visit.customer_key) as buyers,
                sum(visit.is_first) as new_buyers
            from (
                select source.time_key, source.customer_key,
                    case when source.customer_order_number = 1 then 1 else 0 end
                        as is_first
                {source}
            ) as visit
            inner join DimTime as calendar
                on +visit.time_key = calendar.time_key
            group by {period}
        """
    found = warehouse.query(sql, parameters).set_index("period")
    starts = period_starts(chosen.days, grain)
    keys = [period_key(start, grain) for start in starts]
    periods = found.reindex(keys).fillna(0).astype("int64").reset_index(drop=True)
    periods.insert(0, "start", pd.to_datetime(pd.Series(starts)))
    return periods


def by_period(days: pd.DataFrame, chosen: SalesFilter, grain: Grain) -> pd.DataFrame:
    """The rows of `by_day` added up to periods, empty periods included.

    Returns:
        start, `MEASURES`, average_order_value (missing where nothing was ordered),
        returns_rate.
    """
    starts = pd.to_datetime(pd.Series(period_starts(chosen.days, grain)))
    keys = days["date"].map(lambda day: pd.Timestamp(period_start(day.date(), grain)))
    summed = days.groupby(keys)[list(MEASURES)].sum().reindex(starts).fillna(0)
    summed = summed.rename_axis("start").reset_index()
    summed["average_order_value"] = summed["net_sales"] / summed["orders"].where(
        summed["orders"] > 0
    )
    summed["returns_rate"] = -summed["returns"] / summed["gross_sales"].where(
        summed["gross_sales"] > 0
    )
    return summed


def by_category(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per category with any line: category, then `MEASURES`; best first.

    An order over several categories counts in each of them.
    """
    in_countries, countries = one_of("country", chosen.countries, "country")
    in_categories, categories = one_of("category", chosen.categories, "category")
    return warehouse.query(
        f"select category, {SUMS} from rpt_sales_daily "
        "where date between :start_date and :end_date and not is_all_categories "
        f"and {in_categories} and {in_countries} "
        "group by category order by net_sales desc, category",
        day_parameters(chosen.days) | countries | categories,
    )


def by_country(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per country with any line: country, then `MEASURES`; best first."""
    source, parameters = _daily_source(chosen)
    countries = warehouse.query(
        f"select country, {SUMS} {source} "
        "group by country order by net_sales desc, country",
        parameters,
    )
    if len(chosen.categories) > 1:
        source, parameters = _order_source(chosen)
        orders = warehouse.query(
            "select source.country, count(distinct source.order_id) as orders "
            f"{source} group by source.country",
            parameters,
        ).set_index("country")["orders"]
        countries["orders"] = countries["country"].map(orders).fillna(0)
    return countries.astype({"orders": "int64"})


def charges(warehouse: Warehouse, chosen: SalesFilter) -> dict[str, float]:
    """Shipping and tax of the orders with a line in the choice, where files have them.

    They belong to an order and not to its lines, so a choice of categories has none.
    """
    if chosen.categories:
        return {}
    join, in_countries, parameters = "", "1 = 1", day_parameters(chosen.days)
    if chosen.countries:
        join = (
            "inner join DimCustomer as customers "
            "on orders.customer_key = customers.customer_key "
        )
        in_countries, countries = one_of(
            "coalesce(customers.country, '(unknown)')", chosen.countries, "country"
        )
        parameters |= countries
    row = warehouse.query(
        "select round(sum(orders.shipping), 4) as shipping, "
        f"round(sum(orders.tax), 4) as tax from FactOrders as orders {join}"
        "where +orders.time_key between :start_key and :end_key "
        f"and {in_countries}",
        parameters,
    ).iloc[0]
    return {str(name): float(value) for name, value in row.items() if pd.notna(value)}


def buyers_by_country(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per country with a buyer: country, buyers, new_buyers.

    A customer has one country, so these add up over countries.
    """
    source, parameters = _order_source(chosen)
    return warehouse.query(
        f"""
        select coalesce(customers.country, '(unknown)') as country,
            count(*) as buyers,
            count(case when firsts.first_order_date
                between :start_date and :end_date then 1 end) as new_buyers
        from (
            select distinct source.customer_key {source}
            and source.customer_key <> -1
        ) as found
        inner join DimCustomer as customers
            on found.customer_key = customers.customer_key
        inner join rpt_customer_lifetime_value as firsts
            on found.customer_key = firsts.customer_key
        group by coalesce(customers.country, '(unknown)')
        """,
        parameters,
    )
