"""Pictures of the Today page."""

import datetime as dt

import pandas as pd

from dashboard.charts.bars import ranked
from dashboard.charts.figure import Figure
from dashboard.charts.theme import BLUE, HOVER_TEXT, Theme, escaped, records
from dashboard.formatting import day
from dashboard.metrics import metric

# The days before those that are looked at.
_PALE = "rgba(59,125,196,0.42)"
# How thick a tick is, of the highest bar.
_TICK = 0.016


def day_bars(days: pd.DataFrame, since: dt.date, theme: Theme) -> Figure:
    """A bar a day, a tick where the same weekday of the year before was.

    Args:
        days: date, net_sales, orders and last_year (missing where there are no data).
        since: The first of the days that are looked at; they stand out.
        theme: Colours and currency.
    """
    money = metric("net_sales")
    chart = theme.figure(230, legend=True)
    hovers = []
    for row in records(days):
        text = f"<b>{row.date:%A}, {day(row.date)}</b><br>"
        text += f"{theme.named(row.net_sales, money)}<br>{int(row.orders):,} orders"
        if not pd.isna(row.last_year):
            text += f"<br>52 weeks before: {theme.exact(row.last_year, money)}"
        hovers.append(text)
    is_new = [row.date.date() >= since for row in records(days)]
    chart.add_bar(
        x=days["date"],
        y=days["net_sales"],
        name=escaped(money.name),
        marker={"color": [BLUE if new else _PALE for new in is_new]},
        hovertext=hovers,
        hovertemplate=HOVER_TEXT,
        showlegend=False,
    )
    if days["last_year"].notna().any():
        # A bar, and not a mark of some pixels: as wide as the others on any screen.
        highest = max(days["net_sales"].max(), days["last_year"].max())
        thick = _TICK * float(highest)
        chart.add_bar(
            x=days["date"],
            y=[thick] * len(days),
            base=days["last_year"] - thick / 2,
            name="same weekday a year before",
            marker={"color": theme.muted},
            hoverinfo="skip",
        )
        chart.update_layout(barmode="overlay")
    chart.update_yaxes(rangemode="tozero", nticks=5, **theme.axis(money))
    chart.update_xaxes(showgrid=False, nticks=8, tickformat="%a %-d %b")
    return chart


def mover_bars(moved: pd.DataFrame, theme: Theme) -> Figure:
    """What moved net sales, up and down; `moved` are rows of `movers`."""
    change, money = metric("net_sales_change"), metric("net_sales")
    chart = ranked(
        moved["name"],
        moved["net_sales_change"],
        change,
        theme,
        details=[
            f"{theme.exact(row.net_sales_before, money)} \N{RIGHTWARDS ARROW} "
            f"{theme.exact(row.net_sales, money)}"
            for row in records(moved)
        ],
        keys=moved["key"],
        label_length=22,
    )
    changes = [*moved["net_sales_change"], 0.0]
    low, high = min(changes), max(changes)
    # Room for the figures beside the bars, in a third of a page and on a phone.
    room = 0.4 * (high - low) or 1.0
    chart.update_xaxes(
        range=[low - room if low < 0 else 0.0, high + room if high > 0 else 0.0]
    )
    return chart
