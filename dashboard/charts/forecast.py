"""The weeks to come."""

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.charts.theme import BLUE, BLUE_FILL, GREY, Theme, escaped
from dashboard.formatting import day_range
from dashboard.metrics import metric


def forecast(
    past: pd.DataFrame, coming: pd.DataFrame, year_before: pd.DataFrame, theme: Theme
) -> Figure:
    """A line of the last weeks, a dashed one of those to come in their band.

    `past` and `year_before` have start and net_sales; `year_before` is drawn at the
    weeks to come, where there is any. `coming` has first_day, last_day,
    expected_net_sales, lower_80 and upper_80.
    """
    chart = theme.figure(320, legend=True)
    sales = metric("net_sales")
    starts = coming["first_day"]

    def said(values: pd.Series) -> list[str]:
        return [theme.exact(value, sales) for value in values]

    def weeks(days: pd.Series) -> list[str]:
        ends = days + pd.Timedelta(days=6)
        return [
            escaped(day_range(first.date(), last.date()))
            for first, last in zip(days, ends, strict=True)
        ]

    for name, line in (("upper_80", "top"), ("lower_80", "bottom")):
        chart.add_scatter(
            x=starts,
            y=coming[name],
            mode="lines",
            name="80% band",
            line={"width": 0, "color": BLUE},
            fill="none" if line == "top" else "tonexty",
            fillcolor=BLUE_FILL,
            showlegend=line == "bottom",
            hoverinfo="skip",
        )
    if len(year_before):
        chart.add_scatter(
            x=starts,
            y=year_before["net_sales"],
            mode="lines",
            name="a year before",
            line={"color": GREY, "width": 1.5, "dash": "dot"},
            text=said(year_before["net_sales"]),
            hovertemplate="A year before: %{text}<extra></extra>",
        )
    chart.add_scatter(
        x=past["start"],
        y=past["net_sales"],
        mode="lines",
        name="net sales",
        line={"color": BLUE, "width": 2.5},
        text=said(past["net_sales"]),
        customdata=weeks(past["start"]),
        hovertemplate="<b>%{customdata}</b><br>Net sales: %{text}<extra></extra>",
    )
    bands = [
        f"{middle}<br>80% band: {lower} to {upper}"
        for middle, lower, upper in zip(
            said(coming["expected_net_sales"]),
            said(coming["lower_80"]),
            said(coming["upper_80"]),
            strict=True,
        )
    ]
    chart.add_scatter(
        x=starts,
        y=coming["expected_net_sales"],
        mode="lines+markers",
        name="expected",
        line={"color": BLUE, "width": 2, "dash": "dash"},
        marker={"size": 6, "color": BLUE},
        text=bands,
        customdata=weeks(starts),
        hovertemplate="<b>%{customdata}</b><br>Expected: %{text}<extra></extra>",
    )
    chart.update_yaxes(rangemode="tozero", nticks=6, **theme.axis(sales))
    chart.update_xaxes(showgrid=False)
    return chart
