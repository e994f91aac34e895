"""Figures over time."""

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.charts.theme import BLUE, BLUE_FILL, GREY, Theme, escaped
from dashboard.formatting import day_range
from dashboard.metrics import Metric
from dashboard.periods import DateRange, Grain, is_partial, period_end


def period_label(start: pd.Timestamp, grain: Grain, chosen: DateRange) -> str:
    """The days of one point, and whether they are only a part of the period."""
    first = start.date()
    last = period_end(first, grain)
    if not is_partial(first, grain, chosen):
        if grain is Grain.MONTH:
            return f"{first:%B %Y}"
        return day_range(first, last)
    shown = day_range(max(first, chosen.start), min(last, chosen.end))
    return f"{shown} (part of a {grain.value.lower()})"


def over_time(
    periods: pd.DataFrame,
    metric: Metric,
    grain: Grain,
    chosen: DateRange,
    theme: Theme,
    before: pd.Series | None = None,
    before_name: str = "",
    height: int = 320,
) -> Figure:
    """A line of whole periods; periods only partly covered are hollow marks beside it.

    `periods` have their start, and a column named as the metric; `chosen` are the days
    that they cover. `before` is the metric in the periods that are compared with, in
    the same order.
    """
    chart = theme.figure(height, legend=True)
    starts, values = periods["start"], periods[metric.key].astype(float)
    points = pd.DataFrame(
        {
            "start": starts,
            "value": values,
            "partial": [is_partial(day, grain, chosen) for day in starts.dt.date],
            "text": [theme.exact(value, metric) for value in values],
            "label": [escaped(period_label(day, grain, chosen)) for day in starts],
        }
    )
    hover = (
        f"<b>%{{customdata}}</b><br>{escaped(metric.name)}: %{{text}}<extra></extra>"
    )
    is_compared = before is not None and len(before) > 0
    if before is not None and is_compared:
        earlier = before.reindex(range(len(points))).astype(float)
        chart.add_scatter(
            x=points["start"],
            y=earlier.where(~points["partial"].to_numpy()),
            mode="lines",
            name=before_name,
            line={"color": GREY, "width": 1.5, "dash": "dot"},
            text=[theme.exact(value, metric) for value in earlier],
            hovertemplate=f"{escaped(before_name)}: %{{text}}<extra></extra>",
        )
    chart.add_scatter(
        x=points["start"],
        y=points["value"].where(~points["partial"]),
        mode="lines+markers" if len(points) <= 31 else "lines",
        name=metric.name,
        line={"color": BLUE, "width": 2.5},
        marker={"size": 6, "color": BLUE},
        fill="none" if is_compared else "tozeroy",
        fillcolor=BLUE_FILL,
        text=points["text"],
        customdata=points["label"],
        hovertemplate=hover,
    )
    parts = points[points["partial"]]
    if len(parts):
        chart.add_scatter(
            x=parts["start"],
            y=parts["value"],
            mode="markers",
            name=f"part of a {grain.value.lower()}",
            marker={
                "size": 9,
                "color": theme.ground,
                "symbol": "circle",
                "line": {"color": BLUE, "width": 2},
            },
            text=parts["text"],
            customdata=parts["label"],
            hovertemplate=hover,
        )
    chart.update_yaxes(rangemode="tozero", nticks=6, **theme.axis(metric))
    chart.update_xaxes(showgrid=False)
    chart.update_layout(
        hovermode="x" if before is None else "x unified",
        showlegend=len(parts) > 0 or before is not None,
    )
    return chart
