"""Pictures of the Retention page."""

import numpy as np
import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.charts.theme import (
    BLUE,
    GOLD,
    GREY,
    ORANGE,
    PURPLE,
    TEAL,
    Theme,
    escaped,
    months,
    records,
)
from dashboard.metrics import Metric, Unit, metric
from dashboard.queries.retention import MILESTONES


def cohort_heat_map(
    matrix: pd.DataFrame,
    average: pd.DataFrame,
    sizes: pd.Series,
    incomplete: set[tuple[str, int]],
    shown: Metric,
    theme: Theme,
    grain: str = "month",
) -> Figure:
    """Cohorts down, periods since the start across; blank where the future is.

    The first four are answers of `queries.retention`: `cohort_matrix`, `average` (on
    top, where it is of most), `cohort_sizes` and `incomplete_periods`. The grain is
    what a period is called. A click on a cell gives its cohort back.
    """
    periods = [int(column) for column in matrix.columns]
    label = "Average" if shown.ratio else "Total"
    values, rows = matrix.to_numpy(float), [*matrix.index]
    if len(rows) > 1:  # one needs no average
        means = average["value"].where(average["is_of_most"])
        values = np.vstack([means.reindex(matrix.columns).to_numpy(float), values])
        rows.insert(0, label)
    coloured = values.copy()
    if rows[0] == "Total":
        coloured[0, :] = np.nan  # a sum would outshine every cohort
    # Period 0 is 100 % by definition and would wash out all others.
    is_certain = shown.key == "retention_rate" and periods[:1] == [0]
    later = coloured[:, 1:] if is_certain else coloured
    top = 1.0 if np.isnan(later).all() else np.nanmax(later)
    cells = [
        [
            _cell(
                (name, grain, index), value, (name, index) in incomplete, shown, theme
            )
            for index, value in zip(periods, row, strict=True)
        ]
        for name, row in zip(rows, values, strict=True)
    ]
    names = [
        f"<b>{label}</b>"
        if name == label
        else f"{escaped(name)}  "
        f"({theme.short(float(sizes[name]), metric('cohort_size'))})"
        for name in rows
    ]
    chart = theme.heat_map(
        84 + 27 * len(names),
        (periods, names),
        # Hover and figures also where the colour is left out.
        np.where(np.isnan(values), np.nan, np.nan_to_num(coloured)),
        cells,
        [
            [[str(name)] if text and name != label else [] for text, _ in row]
            for name, row in zip(rows, cells, strict=True)
        ],
        zmin=0,
        zmax=top or 1.0,
        # Two digits fit into a cell on a phone; longer figures shrink to theirs.
        textfont={
            "color": theme.text,
            "size": 11 if shown.unit is Unit.SHARE else None,
        },
    )
    chart.update_yaxes(
        autorange="reversed",
        showgrid=False,
        type="category",
        tickfont={"color": theme.text, "size": 12},
    )
    chart.update_xaxes(
        side="top",
        showgrid=False,
        title={"text": f"{grain.capitalize()}s since the start"},
        tickangle=0,
        dtick=1 if len(periods) <= 13 else 3,
        zeroline=False,
    )
    return chart


def _cell(
    place: tuple[str, str, int],
    value: float,
    is_open: bool,
    shown: Metric,
    theme: Theme,
) -> tuple[str, str]:
    """What stands in a cell, with a * where the period is not over, and its hover.

    The place is the cohort, what a period is called, and how many have passed.
    """
    if np.isnan(value):
        return "", ""
    name, grain, index = place
    if shown.unit is Unit.SHARE:
        text = f"{value * 100:.0f}"
    else:
        text = theme.short(float(round(value)), metric("units"))
    # The first period of a cohort is whole by definition.
    if is_open and (index > 0 or shown.key != "retention_rate"):
        text += "*"
    note = f"<br>The {grain} is not over yet." if is_open else ""
    line = theme.named(float(value), shown)
    return text, f"<b>{escaped(name)}</b>, {grain} {index}<br>{line}{note}"


def cohort_curves(
    matrix: pd.DataFrame,
    average: pd.DataFrame,
    incomplete: set[tuple[str, int]],
    shown: Metric,
    theme: Theme,
    grain: str = "month",
) -> Figure:
    """One thin line a cohort, and the weighted average on top; complete periods only.

    The average ends where it would be of fewer than half of the customers.
    """
    chart = theme.figure(320, legend=True)
    first = 1 if shown.key == "retention_rate" else 0
    for name in matrix.index:
        row = matrix.loc[name].dropna()
        known = [int(index) for index in row.index if index >= first]
        row = row[[index for index in known if (name, index) not in incomplete]]
        if row.empty:
            continue
        chart.add_scatter(
            x=list(row.index),
            y=row.to_numpy(float),
            mode="lines+markers" if len(row) == 1 else "lines",
            line={"color": GREY, "width": 1},
            marker={"size": 4},
            opacity=0.55,
            text=[theme.exact(float(value), shown) for value in row],
            hovertemplate=f"<b>{escaped(str(name))}</b>, {grain} %{{x}}<br>"
            f"{escaped(shown.name)}: %{{text}}<extra></extra>",
            showlegend=False,
        )
    whole = average[average["is_of_most"] & (average.index >= first)].dropna()
    chart.add_scatter(
        x=list(whole.index),
        y=whole["value"].to_numpy(float),
        mode="lines+markers",
        name="All cohorts, weighted by size" if len(matrix) > 1 else matrix.index[0],
        line={"color": BLUE, "width": 3},
        marker={"size": 6},
        text=[
            f"{theme.exact(float(row.value), shown)}<br>"
            f"of {row.customers_at_risk:,} customers in {row.cohorts:,} cohorts"
            for row in records(whole)
        ],
        hovertemplate=f"<b>All cohorts</b>, {grain} %{{x}}<br>"
        f"{escaped(shown.name)}: %{{text}}<extra></extra>",
        showlegend=True,
    )
    chart.update_xaxes(
        title={"text": f"{grain.capitalize()}s since the start"},
        showgrid=False,
        zeroline=False,
    )
    chart.update_yaxes(rangemode="tozero", nticks=6, **theme.axis(shown))
    return chart


def repeat_curves(repeats: pd.DataFrame, theme: Theme) -> Figure:
    """The share that has ordered again by the days since an order, a line an order.

    `repeats` are rows of `repeat_purchases`.
    """
    chart = theme.figure(320, legend=True)
    shown = metric("share_back")
    colours = (BLUE, TEAL, GOLD, ORANGE, PURPLE)
    for row, colour in zip(records(repeats), colours, strict=False):
        known = [
            (days, share, getattr(row, f"customers_at_risk_{days}_days"))
            for days in MILESTONES
            if not np.isnan(share := getattr(row, f"returned_within_{days}_days"))
        ]
        if not known:
            continue
        number = int(row.order_number)
        chart.add_scatter(
            x=[0, *(days for days, _, _ in known)],
            y=[0.0, *(share for _, share, _ in known)],
            mode="lines+markers",
            name=f"{_ORDINALS.get(number, number)} order",
            line={"color": colour, "width": 3 if number == 1 else 2},
            marker={"size": 6},
            text=[
                "",
                *(
                    f"{theme.exact(share, shown)}<br>{at_risk:,} still waited for"
                    for _, share, at_risk in known
                ),
            ],
            hovertemplate=f"<b>Within %{{x}} days of order {number}</b><br>"
            f"{escaped(shown.name)}: %{{text}}<extra></extra>",
        )
    chart.update_xaxes(
        title={"text": "Days since the order"},
        tickvals=[0, *MILESTONES],
        showgrid=False,
        zeroline=False,
    )
    chart.update_yaxes(rangemode="tozero", nticks=6, tickformat=".0%")
    return chart


def repeat_rate_line(rates: pd.DataFrame, days: int, theme: Theme) -> Figure:
    """The repeat rate by month of first order; hollow where the month is cut.

    `rates` are rows of `repeat_rates`; a line breaks where there were too few.
    """
    chart = theme.figure(230)
    shown = metric("repeat_rate")
    chart.add_scatter(
        x=months(rates["month"]),
        y=rates["repeat_rate"],
        mode="lines+markers",
        line={"color": BLUE, "width": 2.5},
        marker={
            "size": 7,
            "color": [BLUE if whole else theme.ground for whole in rates["is_whole"]],
            "line": {"color": BLUE, "width": 1.5},
        },
        text=[
            f"{theme.exact(row.repeat_rate, shown)} of {row.customers:,} new buyers"
            + ("" if row.is_whole else "<br>The others are not known for so long yet.")
            for row in records(rates)
        ],
        hovertemplate="<b>First order in %{x|%B %Y}</b><br>"
        f"Again within {days} days: %{{text}}<extra></extra>",
    )
    chart.update_xaxes(showgrid=False)
    chart.update_yaxes(rangemode="tozero", nticks=5, tickformat=".0%")
    return chart


_ORDINALS = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", 5: "Fifth"}


CUSTOMER_TYPES = {
    "new": ("New", TEAL),
    "returning": ("Returning", BLUE),
    "reactivated": ("Won back", GOLD),
    "no order yet": ("Before a first order", GREY),
}


def sales_by_type(rows: pd.DataFrame, theme: Theme) -> Figure:
    """Net sales a month, stacked by the type of customer; the open month is hatched.

    `rows` are rows of `sales_by_type`.
    """
    chart = theme.figure(320, legend=True)
    money = metric("net_sales")
    for kind, (name, colour) in CUSTOMER_TYPES.items():
        part = rows[rows["customer_type"] == kind]
        if not part["net_sales"].any():
            continue
        chart.add_bar(
            x=months(part["month"]),
            y=part["net_sales"],
            name=name,
            marker={
                "color": colour,
                "pattern": {
                    "shape": ["" if done else "/" for done in part["is_complete"]],
                    "size": 5,
                },
            },
            text=[
                f"{theme.exact(row.net_sales, money)}, {row.customers:,} buyers, "
                f"{row.orders:,} orders"
                for row in records(part)
            ],
            textposition="none",
            hovertemplate=f"{escaped(name)}: %{{text}}<extra></extra>",
        )
    chart.update_layout(
        barmode="relative",
        hovermode="x unified",
        legend={"traceorder": "normal"},
    )
    chart.update_xaxes(showgrid=False, hoverformat="%B %Y")
    chart.update_yaxes(nticks=6, **theme.axis(money))
    return chart
