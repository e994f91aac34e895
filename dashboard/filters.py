"""What a page shows: which days, countries and categories."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.periods import DateRange, add_months, time_key
from pipeline.warehouse.reader import Value

Parameters = dict[str, Value]


@dataclass(frozen=True)
class SalesFilter:
    """A choice of sales.

    Attributes:
        days: From the first to the last day.
        countries: Countries of the customers; empty for all.
        categories: Categories of the products; empty for all.
    """

    days: DateRange
    countries: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def during(self, days: DateRange) -> "SalesFilter":
        """The same choice on other days."""
        return replace(self, days=days)


def one_of(column: str, values: Sequence[Value], prefix: str) -> tuple[str, Parameters]:
    """A condition that a column holds one of some values; every row without any.

    Args:
        column: A column of the query, never text from outside.
        values: The values, bound one by one.
        prefix: Starts the names of the parameters.

    Returns:
        The condition, ready to follow `where` or `and`, and its parameters.
    """
    if not values:
        return "1 = 1", {}
    parameters: Parameters = {
        f"{prefix}_{index}": value for index, value in enumerate(values)
    }
    names = ", ".join(f":{name}" for name in parameters)
    return f"{column} in ({names})", parameters


def in_categories(table: str, categories: Sequence[str]) -> tuple[str, Parameters]:
    """A condition that a product of DimProduct is of one of some categories."""
    return one_of(f"coalesce({table}.category, '(unknown)')", categories, "category")


def in_countries(table: str, countries: Sequence[str]) -> tuple[str, Parameters]:
    """A condition that a customer of DimCustomer is from one of some countries."""
    return one_of(f"coalesce({table}.country, '(unknown)')", countries, "country")


def customers_in(table: str, countries: Sequence[str]) -> tuple[str, str, Parameters]:
    """The customers of some countries: a join to what has their key, and a condition.

    All countries need no join.
    """
    if not countries:
        return "", "1 = 1", {}
    condition, parameters = in_countries("customers", countries)
    join = (
        "inner join DimCustomer as customers "
        f"on {table}.customer_key = customers.customer_key"
    )
    return join, condition, parameters


def day_parameters(days: DateRange) -> Parameters:
    """The bounds of a range, as days and as keys of DimTime."""
    return {
        "start_date": days.start,
        "end_date": days.end,
        "start_key": time_key(days.start),
        "end_key": time_key(days.end),
    }


@dataclass(frozen=True)
class MonthSplit:
    """A range cut into whole months and the days around them.

    Attributes:
        first_month: The first whole month, YYYY-MM; None where there is none.
        last_month: The last whole month.
        edges: The days outside whole months: none, one or two ranges.
    """

    first_month: str | None
    last_month: str | None
    edges: tuple[DateRange, ...]


def split_months(days: DateRange) -> MonthSplit:
    """Cut a range so that whole months can come from a monthly table."""
    one_day = dt.timedelta(days=1)
    first = days.start
    if first.day != 1:
        first = add_months(first.replace(day=1), 1)
    after_last = (days.end + one_day).replace(day=1)
    if first >= after_last:
        return MonthSplit(None, None, (days,))
    around = (
        DateRange(days.start, first - one_day),
        DateRange(after_last, days.end),
    )
    return MonthSplit(
        f"{first:%Y-%m}",
        f"{after_last - one_day:%Y-%m}",
        tuple(edge for edge in around if not edge.is_reversed),
    )
