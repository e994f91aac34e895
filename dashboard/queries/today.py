"""The last whole day, seven days and month to date, against the same weekdays before.

Everything is cut by whole weeks: a day is held against the same weekday, and so is each
day of a longer window. A shop closed on Saturdays has as many of them on both sides.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.filters import SalesFilter
from dashboard.metrics import ratio
from dashboard.periods import DateRange
from dashboard.queries.products import by_product
from dashboard.queries.sales import summed
from dashboard.warehouse import Warehouse

_WEEK = 7
_YEAR = 52 * _WEEK
# As long back as there are looks for what is usual.
USUAL_WEEKS = 8
RECENT_DAYS = 4 * _WEEK
# A last order this much earlier than on all of the same weekdays before is no evening.
_EARLY = dt.timedelta(hours=2)


@dataclass(frozen=True)
class Window:
    """Some days up to the last one, and those that they are held against.

    Attributes:
        name: What people call it.
        days: The days.
        before: As many days with the same weekdays, some weeks before; None where the
            data do not reach back.
        last_year: The same 52 weeks before.
        weeks_before: How many weeks before `before` is.
    """

    name: str
    days: DateRange
    before: DateRange | None
    last_year: DateRange | None
    weeks_before: int


def windows(last: dt.date, first: dt.date) -> list[Window]:
    """The day, the seven days and the month to date that end on the last day.

    Args:
        last: The last whole day.
        first: The first day with data.
    """
    month = DateRange(last.replace(day=1), last)
    # As many whole weeks as it takes not to overlap: 29 days and more take five.
    apart = 4 if month.days <= RECENT_DAYS else 5
    return [
        _window("Day", DateRange(last, last), 1, first),
        _window("7 days", DateRange(last - dt.timedelta(days=6), last), 1, first),
        _window("Month to date", month, apart, first),
    ]


def _window(name: str, days: DateRange, weeks: int, first: dt.date) -> Window:
    def earlier(shift: int) -> DateRange | None:
        back = shifted(days, -shift)
        return back if back.start >= first else None

    return Window(name, days, earlier(weeks * _WEEK), earlier(_YEAR), weeks)


def month_to_date(last: dt.date, first: dt.date) -> tuple[DateRange, DateRange | None]:
    """The days of the last day's month, and the same days of the month before.

    A shorter month before has fewer of them; None where the data do not reach back.
    """
    month = DateRange(last.replace(day=1), last)
    end_before = month.start - dt.timedelta(days=1)
    before = DateRange(
        end_before.replace(day=1), end_before.replace(day=min(last.day, end_before.day))
    )
    return month, before if before.start >= first else None


def shifted(days: DateRange, by: int) -> DateRange:
    """The same number of days, so many days later."""
    shift = dt.timedelta(days=by)
    return DateRange(days.start + shift, days.end + shift)


def figures(by_day: pd.DataFrame, days: DateRange) -> dict[str, float | None]:
    """The money, units and orders of some days, and the average order value.

    Args:
        by_day: Rows of `sales.by_day`.
        days: Which of them; a day without a row has none of all.
    """
    start, end = pd.Timestamp(days.start), pd.Timestamp(days.end)
    rows = by_day[by_day["date"].between(start, end)]
    found = summed(rows)
    return found | {"average_order_value": ratio(found, "average_order_value")}


def usual(by_day: pd.DataFrame, days: DateRange, first: dt.date) -> list[float]:
    """Net sales of the same weekdays in each of the weeks before, the newest first.

    There are `USUAL_WEEKS` of them, fewer where the data do not reach back.
    """
    back = (shifted(days, -_WEEK * week) for week in range(1, USUAL_WEEKS + 1))
    return [
        float(figures(by_day, one)["net_sales"] or 0)
        for one in back
        if one.start >= first
    ]


def last_orders(warehouse: Warehouse) -> pd.DataFrame:
    """One row per day of the last weeks with an order: date, and its last order.

    `last_order` is missing where the source has days only. The newest day comes first.
    """
    found = warehouse.query(
        """
        select calendar.date as date, max(orders.ordered_at) as last_order
        from FactOrders as orders
        inner join DimTime as calendar on orders.time_key = calendar.time_key
        where orders.time_key in (
            select distinct time_key from FactOrders order by time_key desc limit 60
        )
        group by calendar.date
        order by calendar.date desc
        """
    )
    found["date"] = pd.to_datetime(found["date"])
    written = found["last_order"].astype("string").str.replace("T", " ").str[:19]
    found["last_order"] = pd.to_datetime(
        written.where(written.str.len() > len("2024-01-01")), errors="coerce"
    )
    return found


def is_cut_short(orders: pd.DataFrame) -> bool:
    """Whether the newest day ends long before the same weekdays before it did.

    `orders` are rows of `last_orders`. At least three earlier ones must be known.
    """
    known = orders.dropna(subset="last_order")
    if known.empty or known.index[0] != orders.index[0]:
        return False
    newest = known.iloc[0]
    same = known[known["date"].dt.day_of_week == newest["date"].day_of_week].iloc[1:]
    same = same.head(USUAL_WEEKS)
    if len(same) < 3:
        return False
    clock = same["last_order"] - same["date"]
    return bool(newest["last_order"] - newest["date"] < clock.min() - _EARLY)


def last_whole_day(orders: pd.DataFrame, as_of: dt.date) -> tuple[dt.date, bool]:
    """The day to look back from, and whether the newest one was left out for it.

    Args:
        orders: Rows of `last_orders`.
        as_of: The warehouse's "today"; days after the last order had none.
    """
    newest = not orders.empty and orders["date"].iloc[0].date() == as_of
    if newest and is_cut_short(orders):
        return as_of - dt.timedelta(days=1), True
    return as_of, False


def recent_days(by_day: pd.DataFrame, last: dt.date, first: dt.date) -> pd.DataFrame:
    """One row a day of the last four weeks: date, net_sales, orders, last_year.

    `last_year` is net sales 52 weeks before, missing where the data do not reach back.
    """
    start = max(first, last - dt.timedelta(days=RECENT_DAYS - 1))
    dates = pd.date_range(start, last)
    known = by_day.set_index("date")[["net_sales", "orders"]]
    days = known.reindex(dates).fillna(0).rename_axis("date").reset_index()
    before = days["date"] - pd.Timedelta(days=_YEAR)
    past = known["net_sales"].reindex(before).fillna(0).to_numpy()
    days["last_year"] = pd.Series(past).where(before >= pd.Timestamp(first))
    return days


def movers(
    now: pd.DataFrame, before: pd.DataFrame, key: str, name: str, listed: int
) -> pd.DataFrame:
    """What moved net sales most, and all others together: they add up to the whole.

    Args:
        now: Rows with net sales each, such as those of `sales.by_country`; those of
            the same key are added up.
        before: The same of the days compared with.
        key: The column that says which rows are the same.
        name: The column that says what they are called.
        listed: How many stand alone.

    Returns:
        key, name, net_sales, net_sales_before, net_sales_change; the largest change
        first, up or down, and "All others (n)", without a key, last where there are
        any. Without rows, none.
    """
    amounts = pd.concat(
        {
            side: rows.groupby(key)["net_sales"].sum().astype(float)
            for side, rows in (("net_sales", now), ("net_sales_before", before))
        },
        axis=1,
    ).fillna(0.0)
    amounts["net_sales_change"] = (
        amounts["net_sales"] - amounts["net_sales_before"]
    ).round(4)
    both = pd.concat([now, before]).drop_duplicates(key)
    names = dict(zip(both[key], both[name], strict=True))
    amounts.insert(0, "key", amounts.index.astype(object))
    amounts.insert(1, "name", [names[one] for one in amounts.index])
    amounts = amounts[amounts["net_sales_change"] != 0]
    size = amounts["net_sales_change"].abs()
    order = pd.DataFrame({"size": -size, "key": amounts.index}, index=amounts.index)
    amounts = amounts.loc[order.sort_values(["size", "key"]).index]
    shown, others = amounts.iloc[:listed], amounts.iloc[listed:]
    if len(others) == 1:  # as long as its own line
        shown, others = amounts, others.iloc[:0]
    if len(others):
        rest = others.drop(columns=["key", "name"]).sum().round(4)
        name = f"All others ({len(others):,})"
        row = pd.DataFrame([{"key": None, "name": name, **rest}])
        shown = pd.concat([shown, row])
    return shown.reset_index(drop=True)


def recent_products(
    warehouse: Warehouse, last: dt.date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of `products.by_product` of the last four weeks and of the four before."""
    days = DateRange(last - dt.timedelta(days=RECENT_DAYS - 1), last)
    return (
        by_product(warehouse, SalesFilter(days)),
        by_product(warehouse, SalesFilter(shifted(days, -RECENT_DAYS))),
    )


def returns_that_jumped(recent: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """Products whose returns at least doubled, by how much more came back in money.

    Both are rows of `products.by_product`, of four weeks each.

    Returns:
        product_key, product_name, returned, returned_before, increase.
    """
    back = recent[(recent["returns"] < 0) & ~recent["is_service"]][
        ["product_key", "product_name", "returns"]
    ]
    past = earlier.set_index("product_key")["returns"]
    back["returned"] = -back.pop("returns")
    back["returned_before"] = -back["product_key"].map(past).fillna(0.0) + 0.0
    back["increase"] = (back["returned"] - back["returned_before"]).round(4)
    back = back[back["returned"] >= 2 * back["returned_before"]]
    return back.sort_values(
        ["increase", "product_key"], ascending=[False, True]
    ).reset_index(drop=True)


def days_without_orders(
    by_day: pd.DataFrame, last: dt.date, first: dt.date
) -> list[dt.date]:
    """Days of the last four weeks without an order, on weekdays that have them.

    A weekday has orders where more than half of the same weekdays of the eight weeks
    before the last four did. They may be holidays, or rows that never arrived.
    """
    ordered = set(by_day.loc[by_day["orders"] > 0, "date"].dt.date)
    start = last - dt.timedelta(days=RECENT_DAYS - 1)
    missing = []
    for day in (start + dt.timedelta(days=index) for index in range(RECENT_DAYS)):
        weeks = range(4, 4 + USUAL_WEEKS)
        same = [day - dt.timedelta(days=_WEEK * week) for week in weeks]
        known = [one for one in same if one >= first]
        opened = sum(one in ordered for one in known)
        if day >= first and day not in ordered and opened * 2 > len(known):
            missing.append(day)
    return missing


def more_or_less(now: float | None, before: float | None) -> str:
    """How much more one amount is than another, "12.3% more"; "" where none can say."""
    if now is None or before is None or before <= 0:
        return ""
    moved = (now - before) / before
    return f"{abs(moved):,.1%} {'more' if moved >= 0 else 'less'}"


def place_among(day: float, others: Sequence[float], name: str) -> str:
    """Where an amount stands among those of the same days before, in words.

    Args:
        day: The amount.
        others: Those before.
        name: What the days are called, such as "Wednesdays".

    Fewer than three of them say nothing, and neither do days that all had nothing.
    """
    if len(others) < 3 or not (day or any(others)):
        return ""
    if day > max(others):
        return f"more than on any of the {len(others)} {name} before"
    if day < min(others):
        return f"less than on any of the {len(others)} {name} before"
    better = sum(day > other for other in others)
    return f"better than {better} of the {len(others)} {name} before"
