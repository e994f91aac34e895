"""Forecasts, held against the weeks that none of them has seen.

Each forecasts, for the customers of the calibration, the days with a purchase in the
holdout and what they bring.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.clv.maximum import TOO_FEW, Array
from pipeline.clv.purchases import PurchaseSummaries
from pipeline.clv.ranks import EqualGroups, rank_correlation

# The status of a forecast that needs no fit.
NO_FIT_NEEDED = "no fit needed"
TENTHS = 10
# Money has four decimals: summed as whole numbers of them, it is exact.
_MONEY = 10_000


@dataclass(frozen=True)
class Customers(PurchaseSummaries):
    """The customers of one window, one entry each.

    Attributes:
        keys: customer_key.
        orders: Orders until the end of the window.
        net_sales: Net sales of the purchase days until then.
    """

    keys: Array
    orders: Array
    net_sales: Array


@dataclass(frozen=True)
class Holdout:
    """What came after the calibration, one entry a customer of it.

    Attributes:
        customers: The customers of the calibration.
        orders: Purchases in the holdout.
        sales: Net sales of the holdout.
        weeks: The holdout's length.
    """

    customers: Customers
    orders: Array
    sales: Array
    weeks: int


@dataclass(frozen=True)
class Forecast:
    """One entry a customer; nan where there is no forecast.

    Attributes:
        orders: Purchases in the holdout.
        sales: Net sales of these.
        orders_status: `fitted`, `no fit needed`, or why there is no forecast of orders.
        spend_status: The same of their value.
        is_used: Whether customers are scored so: 0 or 1.
    """

    method: str
    orders: Array
    sales: Array
    orders_status: str = NO_FIT_NEEDED
    spend_status: str = NO_FIT_NEEDED
    is_used: int = 0


@dataclass(frozen=True)
class Accuracy:
    """What came of one forecast; None where there was none.

    Attributes:
        customers: Customers whose purchases were forecast.
        actual_orders: Their purchases in the holdout.
        actual_sales: Net sales of the holdout.
        root_mean_squared_error: Of a customer's purchases.
        mean_absolute_error: Of a customer's purchases.
        rank_correlation: Spearman's; None where either is the same for all.
        top_tenth_share: Share of the purchases made by the tenth of the customers with
            the highest forecasts; of equals at its border, their share counts.
        forecast_status: As the forecast has it, and so have the next two.
    """

    forecast_method: str
    customers: int
    actual_orders: int
    predicted_orders: float | None
    actual_sales: float
    predicted_sales: float | None
    root_mean_squared_error: float | None
    mean_absolute_error: float | None
    rank_correlation: float | None
    top_tenth_share: float | None
    forecast_status: str
    spend_status: str
    is_used: int


@dataclass(frozen=True)
class Tenth:
    """The customers in one tenth of a forecast, equals together.

    Attributes:
        decile: 1 for the highest forecasts.
        actual_orders: Their purchases in the holdout.
        predicted_sales: Their net sales as forecast; None where that is not known.
        actual_sales: Their net sales of the holdout.
    """

    forecast_method: str
    decile: int
    customers: int
    predicted_orders: float
    actual_orders: int
    predicted_sales: float | None
    actual_sales: float


def plain_forecasts(holdout: Holdout) -> list[Forecast]:
    """Those that need no fit. Where there is no rate, 0 is forecast."""
    past, days = holdout.customers, holdout.weeks * 7
    orders_by_method = {
        "same_count": past.frequency,
        "same_rate": _rate(past.frequency, past.age_days) * days,
        "historical_rate": _rate(past.orders, past.recency_days) * days,
        "nobody": np.zeros_like(past.frequency),
    }
    status = NO_FIT_NEEDED if len(past.frequency) else TOO_FEW
    mean_value = past.net_sales / (past.frequency + 1)
    return [
        Forecast(method, orders, orders * mean_value, status, status)
        for method, orders in orders_by_method.items()
    ]


def _rate(count: Array, days: Array) -> Array:
    return np.divide(count, days, out=np.zeros_like(count), where=days > 0)


def measure(forecast: Forecast, holdout: Holdout) -> tuple[Accuracy, list[Tenth]]:
    """Hold a forecast against what came."""
    actual = holdout.orders
    customers = len(actual)
    money = np.rint(holdout.sales * _MONEY)
    known = customers > 0 and not np.isnan(forecast.orders).any()
    groups = EqualGroups(forecast.orders) if known else None
    error = forecast.orders - actual
    accuracy = Accuracy(
        forecast_method=forecast.method,
        customers=customers,
        actual_orders=int(actual.sum()),
        predicted_orders=_total(forecast.orders),
        actual_sales=float(money.sum()) / _MONEY,
        predicted_sales=_total(forecast.sales),
        root_mean_squared_error=float(np.sqrt(np.mean(error**2))) if known else None,
        mean_absolute_error=float(np.mean(np.abs(error))) if known else None,
        rank_correlation=(
            rank_correlation(groups, EqualGroups(actual)) if groups else None
        ),
        top_tenth_share=_top_tenth_share(groups, actual) if groups else None,
        forecast_status=forecast.orders_status,
        spend_status=forecast.spend_status,
        is_used=forecast.is_used,
    )
    return accuracy, _tenths(forecast, groups, actual, money) if groups else []


def _tenths(
    forecast: Forecast, groups: EqualGroups, actual: Array, money: Array
) -> list[Tenth]:
    # A customer's tenth is that of the first of their equals.
    tenth = (1 + TENTHS * groups.before // len(actual))[groups.index]
    customers = np.bincount(tenth)
    orders, actual_orders, sales, actual_money = (
        np.bincount(tenth, weights=column)
        for column in (forecast.orders, actual, forecast.sales, money)
    )
    return [
        Tenth(
            forecast.method,
            int(decile),
            int(customers[decile]),
            float(orders[decile]),
            int(actual_orders[decile]),
            _number(sales[decile]),
            float(actual_money[decile]) / _MONEY,
        )
        for decile in np.flatnonzero(customers)
    ]


def _top_tenth_share(groups: EqualGroups, actual: Array) -> float | None:
    total = actual.sum()
    if not total:
        return None
    of_group = np.bincount(groups.index, weights=actual)
    border = len(actual) / TENTHS
    share = np.clip((border - groups.before) / groups.size, 0, 1)
    return float(np.sum(share * of_group) / total)


def _total(values: Array) -> float | None:
    return _number(float(values.sum())) if len(values) else None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
