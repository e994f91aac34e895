"""Figures over time."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.theme import BLUE, GREY, Theme, axis_format, escaped, figure
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
) -> go.Figure:
    """A line of whole periods; periods only partly covered are hollow marks beside it.

    Args:
        periods: start, and a column named as the metric.
        metric: What is shown.
        grain: The length of a period.
        chosen: The days that the figures cover.
        theme: Colours and currency.
        before: The metric in the periods that are compared with, in the same order.
        before_name: What those are called.
        height: Pixels.
    """
    chart = figure(theme, height)
    starts = list(periods["start"])
    values = periods[metric.key].astype(float)
    partial = pd.Series(
        [is_partial(start.date(), grain, chosen) for start in starts],
        index=periods.index,
        dtype=bool,
    )
    labels = [escaped(period_label(start, grain, chosen)) for start in starts]
    if before is not None and len(before):
        earlier = before.reindex(range(len(starts))).astype(float)
        chart.add_scatter(
            x=starts,
            y=earlier.where(~partial.to_numpy()),
            mode="lines",
            name=before_name,
            line={"color": GREY, "width": 1.5, "dash": "dot"},
            text=[theme.exact(value, metric) for value in earlier],
            hovertemplate=f"{escaped(before_name)}: %{{text}}<extra></extra>",
        )
    whole = values.where(~partial)
    chart.add_scatter(
        x=starts,
        y=whole,
        mode="lines+markers" if int(partial.size) <= 31 else "lines",
        name=metric.name,
        line={"color": BLUE, "width": 2.5},
        marker={"size": 6, "color": BLUE},
        fill="tozeroy" if before is None or not len(before) else "none",
        fillcolor="rgba(59,125,196,0.13)",
        text=[theme.exact(value, metric) for value in values],
        customdata=labels,
        hovertemplate="<b>%{customdata}</b><br>"
        f"{escaped(metric.name)}: %{{text}}<extra></extra>",
    )
    if partial.any():
        chosen_partial = periods.index[partial]
        chart.add_scatter(
            x=[starts[periods.index.get_loc(index)] for index in chosen_partial],
            y=values[partial],
            mode="markers",
            name=f"part of a {grain.value.lower()}",
            marker={
                "size": 9,
                "color": theme.ground,
                "symbol": "circle",
                "line": {"color": BLUE, "width": 2},
            },
            text=[theme.exact(value, metric) for value in values[partial]],
            customdata=[
                label for label, is_part in zip(labels, partial, strict=True) if is_part
            ],
            hovertemplate="<b>%{customdata}</b><br>"
            f"{escaped(metric.name)}: %{{text}}<extra></extra>",
        )
    chart.update_yaxes(rangemode="tozero", nticks=6, **axis_format(metric, theme))
    chart.update_xaxes(showgrid=False, nticks=7)
    chart.update_layout(
        hovermode="x" if before is None else "x unified",
        showlegend=bool(partial.any()) or before is not None,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
    )
    return chart
