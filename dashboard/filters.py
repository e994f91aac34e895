"""What a page shows: which days, countries and categories."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.periods import DateRange, time_key
from dashboard.warehouse import Value

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


def one_of(
    column: str, values: Sequence[Value], prefix: str, *, or_all: bool = True
) -> tuple[str, Parameters]:
    """A condition that a column holds one of some values.

    Args:
        column: A column of the query, never text from outside.
        values: The values, bound one by one.
        prefix: Starts the names of the parameters.
        or_all: Whether no value means every row, rather than none.

    Returns:
        The condition, ready to follow `where` or `and`, and its parameters.
    """
    if not values:
        return ("1 = 1" if or_all else "1 = 0"), {}
    parameters: Parameters = {
        f"{prefix}_{index}": value for index, value in enumerate(values)
    }
    names = ", ".join(f":{name}" for name in parameters)
    return f"{column} in ({names})", parameters


def customers_in(alias: str, countries: Sequence[str]) -> tuple[str, str, Parameters]:
    """The join and the condition that keep the customers of some countries.

    Args:
        alias: What has the customer_key.
        countries: Empty for all; then no join is needed.
    """
    if not countries:
        return "", "1 = 1", {}
    condition, parameters = one_of(
        "coalesce(customers.country, '(unknown)')", countries, "country"
    )
    join = (
        "inner join DimCustomer as customers "
        f"on {alias}.customer_key = customers.customer_key"
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
        first = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    after_last = (days.end + one_day).replace(day=1)
    if first >= after_last:
        return MonthSplit(None, None, (days,))
    edges = []
    if days.start < first:
        edges.append(DateRange(days.start, first - one_day))
    if after_last <= days.end:
        edges.append(DateRange(after_last, days.end))
    last = after_last - one_day
    return MonthSplit(f"{first:%Y-%m}", f"{last:%Y-%m}", tuple(edges))
