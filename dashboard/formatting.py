"""Numbers as people read them: short on the page, exact on hover."""

import datetime as dt
import math
from dataclasses import dataclass

from dashboard.metrics import Metric, Unit

DASH = "\N{EM DASH}"
MINUS = "\N{MINUS SIGN}"

_SYMBOLS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "INR": "₹",
    "KRW": "₩",
    "BRL": "R$",
    "CAD": "CA$",
    "AUD": "A$",
    "MXN": "MX$",
    "NZD": "NZ$",
    "TRY": "₺",
    "UAH": "₴",
    "PLN": "zł",
}
_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Currency:
    """The one currency of the warehouse."""

    code: str = "USD"

    @property
    def symbol(self) -> str:
        """What stands before an amount: the sign, or the code and a thin gap."""
        return _SYMBOLS.get(self.code.upper(), self.code.upper() + "\N{NO-BREAK SPACE}")


def is_missing(value: float | None) -> bool:
    """Whether there is no number to write."""
    return value is None or math.isnan(value) or math.isinf(value)


def short_number(value: float) -> str:
    """At most four characters of digits and a letter: 31.8M, 950, 1.25k."""
    size = abs(value)
    for index, (step, letter) in enumerate(_STEPS):
        # 999,950 reads 1.0M, not 1000.0k.
        if size >= step * 0.9995 if index + 1 < len(_STEPS) else size >= step * 10:
            scaled = size / step
            decimals = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{_sign(value)}{scaled:.{decimals}f}{letter}"
    if size == int(size):
        return f"{_sign(value)}{int(size):,}"
    return f"{_sign(value)}{size:,.0f}" if size >= 100 else f"{_sign(value)}{size:.1f}"


def _sign(value: float) -> str:
    return MINUS if value < 0 else ""


def short(value: float | None, metric: Metric, currency: Currency) -> str:
    """The figure as it stands on the page."""
    if value is None or is_missing(value):
        return DASH
    match metric.unit:
        case Unit.MONEY:
            size = abs(value)
            text = f"{size:,.2f}" if size < 1000 else short_number(size)
            return f"{_sign(value)}{currency.symbol}{text}"
        case Unit.SHARE:
            return percent(value)
        case Unit.COUNT:
            return short_number(value)
        case Unit.DAYS:
            return f"{_sign(value)}{abs(value):,.0f} d"
        case Unit.RATIO:
            return f"{_sign(value)}{abs(value):,.2f}"


def exact(value: float | None, metric: Metric, currency: Currency) -> str:
    """The figure in full, for tooltips and tables."""
    if value is None or is_missing(value):
        return DASH
    match metric.unit:
        case Unit.MONEY:
            return f"{_sign(value)}{currency.symbol}{abs(value):,.2f}"
        case Unit.SHARE:
            return f"{_sign(value)}{abs(value) * 100:.2f}%"
        case Unit.COUNT:
            return f"{_sign(value)}{abs(value):,.0f}"
        case Unit.DAYS:
            return f"{_sign(value)}{abs(value):,.0f} days"
        case Unit.RATIO:
            return f"{_sign(value)}{abs(value):,.3f}"


def in_words(value: float | None, metric: Metric, currency: Currency) -> str:
    """The figure in a sentence: in full, but for a share."""
    write = short if metric.unit is Unit.SHARE else exact
    return write(value, metric, currency)


def percent(value: float | None) -> str:
    """A share in percent, one decimal below 100 %."""
    if value is None or is_missing(value):
        return DASH
    size = abs(value) * 100
    return f"{_sign(value)}{size:,.{1 if size < 99.95 else 0}f}%"


def signed_percent(value: float) -> str:
    """A change, a share, in percent: written as a share, and with its sign."""
    return f"{_plus(value)}{percent(value)}"


def _plus(value: float) -> str:
    return "" if value < 0 else "+"


def change(now: float | None, before: float | None, metric: Metric) -> str | None:
    """How a figure moved, with its sign: shares in points, all else in percent.

    None where there is nothing to compare with.
    """
    if now is None or before is None or is_missing(now) or is_missing(before):
        return None
    if metric.unit is Unit.SHARE:
        points = (now - before) * 100
        return f"{_plus(points)}{_sign(points)}{abs(points):.1f} pts"
    if before <= 0:
        return None
    return signed_percent((now - before) / before)


def day(value: dt.date) -> str:
    """A day as people write it: 9 Dec 2011."""
    return f"{value.day} {value:%b %Y}"


def weekday(value: dt.date) -> str:
    """A day with its weekday: Friday, 9 Dec 2011."""
    return f"{value:%A}, {day(value)}"


def day_range(start: dt.date, end: dt.date) -> str:
    """A range of days; the year stands once where both share it."""
    if start == end:
        return day(start)
    if start.year == end.year:
        return f"{start.day} {start:%b} \N{EN DASH} {day(end)}"
    return f"{day(start)} \N{EN DASH} {day(end)}"
