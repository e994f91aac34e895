"""What a page shows: which days, countries and categories."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.periods import DateRange, time_key
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

    @property
    def parameters(self) -> Parameters:
        """The values for its conditions; the days also as keys of DimTime."""
        return {
            "start_date": self.days.start,
            "end_date": self.days.end,
            "start_key": time_key(self.days.start),
            "end_key": time_key(self.days.end),
            **values_of("country", self.countries),
            **values_of("category", self.categories),
        }


def values_of(prefix: str, values: Sequence[Value]) -> Parameters:
    """The values of a condition of `one_of`, each under a name."""
    return {f"{prefix}_{index}": value for index, value in enumerate(values)}


def one_of(column: str, values: Sequence[Value], prefix: str) -> str:
    """A condition that a column holds one of some values; every row without any.

    Args:
        column: A column of the query, never text from outside.
        values: The values; they are bound one by one (`values_of`).
        prefix: Starts the names of the parameters.
    """
    names = ", ".join(f":{name}" for name in values_of(prefix, values))
    return f"{column} in ({names})" if names else "1 = 1"


def country_of(table: str) -> str:
    """The country of a customer of DimCustomer."""
    return f"coalesce({table}.country, '(unknown)')"


def category_of(table: str) -> str:
    """The category of a product of DimProduct."""
    return f"coalesce({table}.category, '(unknown)')"


def name_of(table: str) -> str:
    """What a product of DimProduct is called."""
    return f"coalesce({table}.product_name, {table}.product_id)"


def customers_in(table: str, countries: Sequence[str]) -> tuple[str, str]:
    """The customers of some countries: a join to what has their key, and a condition.

    All countries need no join.
    """
    if not countries:
        return "", "1 = 1"
    join = (
        "inner join DimCustomer as customers "
        f"on {table}.customer_key = customers.customer_key"
    )
    return join, one_of(country_of("customers"), countries, "country")
