"""Pictures of the Lifetime value page."""

import pandas as pd

from dashboard.charts.bars import ranked
from dashboard.charts.figure import Figure
from dashboard.charts.theme import (
    BLUE,
    BLUE_FILL,
    GREY,
    HOVER_TEXT,
    TEAL,
    Theme,
    months,
    records,
    share_axis,
)
from dashboard.metrics import metric


def lorenz_curve(curve: pd.DataFrame, theme: Theme) -> Figure:
    """How unequal the buyers' values are; the diagonal would be all alike."""
    chart = theme.figure(300)
    chart.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": GREY, "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    chart.add_scatter(
        x=curve["buyer_share"],
        y=curve["money_share"],
        mode="lines",
        line={"color": BLUE, "width": 2.5},
        fill="tonexty",
        fillcolor=BLUE_FILL,
        hovertemplate="The smaller %{x:.0%} of buyers<br>brought %{y:.1%} of the money"
        "<extra></extra>",
    )
    chart.update_xaxes(
        **share_axis(), showgrid=False, title={"text": "Share of buyers"}
    )
    chart.update_yaxes(**share_axis(), title={"text": "Share of money"})
    return chart


def forecast_check(tenths: pd.DataFrame, theme: Theme) -> Figure:
    """Forecast beside what came, for tenths of customers from high to low forecasts.

    `tenths` are rows of `backtest_tenths`.
    """
    chart = theme.figure(280, legend=True)
    for column, name, colour in (
        ("predicted_orders", "Forecast", TEAL),
        ("actual_orders", "What came", BLUE),
    ):
        chart.add_bar(
            x=tenths["decile"],
            y=tenths[column].astype(float),
            name=name,
            marker={"color": colour},
            hovertemplate=f"Tenth %{{x}}<br>{name}: %{{y:,.0f}} purchases"
            "<extra></extra>",
        )
    chart.update_layout(barmode="group", bargap=0.2)
    chart.update_xaxes(
        dtick=1,
        showgrid=False,
        title={"text": "Tenths of customers, highest forecasts first"},
    )
    chart.update_yaxes(tickformat="~s", nticks=5)
    return chart


def by_month(rows: pd.DataFrame, theme: Theme) -> Figure:
    """Value per customer by month of the first order, in the same number of days.

    `rows` are those of `origin_values`, by month.
    """
    chart = theme.figure(320)
    shown = metric("value_per_customer")
    days = months(rows["origin"])
    chart.add_bar(
        x=days,
        y=rows["value_per_customer"],
        name=shown.name,
        marker={"color": BLUE},
        hovertext=[
            f"<b>{month:%B %Y}</b><br>{theme.named(row.value_per_customer, shown)}"
            f"<br>Customers: {row.customers:,}"
            for month, row in zip(days, records(rows), strict=True)
        ],
        hovertemplate=HOVER_TEXT,
    )
    chart.update_yaxes(nticks=6, **theme.axis(shown))
    chart.update_xaxes(showgrid=False)
    return chart


def origin_bars(origins: pd.DataFrame, theme: Theme) -> Figure:
    """What buyers are worth by how they began, the highest value first.

    `origins` are rows of `origin_values`.
    """
    orders, back = metric("mean_orders"), metric("returning_share")
    return ranked(
        origins["origin"],
        origins["value_per_customer"],
        metric("value_per_customer"),
        theme,
        second_lines=[f"{count:,} customers" for count in origins["customers"]],
        details=[
            f"Customers: {row.customers:,}<br>"
            f"{theme.named(row.orders_per_customer, orders)}<br>"
            f"{theme.named(row.returning_share, back)}"
            for row in records(origins)
        ],
    )
