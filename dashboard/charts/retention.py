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
) -> Figure:
    """Cohorts down, months since the start across; blank where the future is.

    All but the last two are answers of `queries.retention`: `cohort_matrix`, `average`
    (on top, where it is of most), `cohort_sizes` and `incomplete_months`.
    """
    months = [int(column) for column in matrix.columns]
    label = "Average" if shown.ratio else "Total"
    means = average["value"].where(average["is_of_most"])
    values = np.vstack([means.reindex(matrix.columns).to_numpy(float), matrix])
    coloured = values.astype(float).copy()
    if label == "Total":
        coloured[0, :] = np.nan  # a sum would outshine every cohort
    # Month 0 is 100 % by definition and would wash out all others.
    is_certain = shown.key == "retention_rate" and months[:1] == [0]
    later = coloured[:, 1:] if is_certain else coloured
    top = 1.0 if np.isnan(later).all() else np.nanmax(later)
    cells = [
        [
            _cell(name, month, value, (name, month) in incomplete, shown, theme)
            for month, value in zip(months, row, strict=True)
        ]
        for name, row in zip([label, *matrix.index], values, strict=True)
    ]
    names = [
        f"{escaped(name)}  ({theme.short(float(sizes[name]), metric('cohort_size'))})"
        for name in matrix.index
    ]
    chart = theme.heat_map(
        84 + 27 * (len(names) + 1),
        (months, [f"<b>{label}</b>", *names]),
        # Hover and figures also where the colour is left out.
        np.where(np.isnan(values), np.nan, np.nan_to_num(coloured)),
        cells,
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
        title={"text": "Months since the start"},
        tickangle=0,
        dtick=1 if len(months) <= 13 else 3,
        zeroline=False,
    )
    return chart


def _cell(
    name: str, month: int, value: float, is_open: bool, shown: Metric, theme: Theme
) -> tuple[str, str]:
    """What stands in a cell, with a * where the month is not over, and its hover."""
    if np.isnan(value):
        return "", ""
    if shown.unit is Unit.SHARE:
        text = f"{value * 100:.0f}"
    else:
        text = theme.short(float(round(value)), metric("units"))
    # The first month of a cohort is whole by definition.
    if is_open and (month > 0 or shown.key != "retention_rate"):
        text += "*"
    note = "<br>The month is not over yet." if is_open else ""
    line = theme.named(float(value), shown)
    return text, f"<b>{escaped(name)}</b>, month {month}<br>{line}{note}"


def cohort_curves(
    matrix: pd.DataFrame,
    average: pd.DataFrame,
    incomplete: set[tuple[str, int]],
    shown: Metric,
    theme: Theme,
) -> Figure:
    """One thin line a cohort, and the weighted average on top; complete months only.

    The average ends where it would be of fewer than half of the customers.
    """
    chart = theme.figure(320, legend=True)
    first = 1 if shown.key == "retention_rate" else 0
    for name in matrix.index:
        row = matrix.loc[name].dropna()
        months = [int(month) for month in row.index if month >= first]
        row = row[[month for month in months if (name, month) not in incomplete]]
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
            hovertemplate=f"<b>{escaped(str(name))}</b>, month %{{x}}<br>"
            f"{escaped(shown.name)}: %{{text}}<extra></extra>",
            showlegend=False,
        )
    whole = average[average["is_of_most"] & (average.index >= first)].dropna()
    chart.add_scatter(
        x=list(whole.index),
        y=whole["value"].to_numpy(float),
        mode="lines+markers",
        name="All cohorts, weighted by size",
        line={"color": BLUE, "width": 3},
        marker={"size": 6},
        text=[
            f"{theme.exact(float(row.value), shown)}<br>"
            f"of {row.customers_at_risk:,} customers in {row.cohorts:,} cohorts"
            for row in records(whole)
        ],
        hovertemplate="<b>All cohorts</b>, month %{x}<br>"
        f"{escaped(shown.name)}: %{{text}}<extra></extra>",
        showlegend=True,
    )
    chart.update_xaxes(
        title={"text": "Months since the start"}, showgrid=False, zeroline=False
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
    chart.update_xaxes(showgrid=False, nticks=8, hoverformat="%B %Y")
    chart.update_yaxes(nticks=6, **theme.axis(money))
    return chart
