"""Pictures of the Lifetime value page."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.bars import ranked
from dashboard.charts.theme import (
    BLUE,
    GREY,
    TEAL,
    Theme,
    axis_format,
    escaped,
    figure,
    records,
    share_axis,
)
from dashboard.formatting import exact
from dashboard.metrics import Metric, metric


def lorenz_curve(curve: pd.DataFrame, theme: Theme, height: int = 320) -> go.Figure:
    """How unequal the buyers' values are; the diagonal would be all alike."""
    chart = figure(theme, height)
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
        fillcolor="rgba(59,125,196,0.13)",
        hovertemplate="The smaller %{x:.0%} of buyers<br>brought %{y:.1%} of the money"
        "<extra></extra>",
    )
    chart.update_xaxes(**share_axis(), showgrid=False, title_text="Share of buyers")
    chart.update_yaxes(**share_axis(), title_text="Share of money")
    return chart


def forecast_check(tenths: pd.DataFrame, theme: Theme, height: int = 280) -> go.Figure:
    """Forecast beside what came, for tenths of customers from high to low forecasts.

    Args:
        tenths: Rows of `queries.lifetime_value.backtest_tenths`.
        theme: Colours and currency.
        height: Pixels.
    """
    chart = figure(theme, height)
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
    chart.update_layout(
        barmode="group",
        showlegend=True,
        bargap=0.2,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
    )
    chart.update_xaxes(
        dtick=1,
        showgrid=False,
        title_text="Tenths of customers, highest forecasts first",
    )
    chart.update_yaxes(tickformat="~s", nticks=5)
    return chart


def by_cohort(
    cohorts: pd.DataFrame, shown: Metric, theme: Theme, height: int = 320
) -> go.Figure:
    """One bar a cohort.

    Args:
        cohorts: cohort_month, buyers, and a column named average_value; also
            predicted_value where it is known: a lighter part on top.
        shown: What the bars are.
        theme: Colours and currency.
        height: Pixels.
    """
    chart = figure(theme, height)
    months = pd.to_datetime(cohorts["cohort_month"] + "-01")
    names = [f"{month:%B %Y}" for month in months]
    hover = [
        f"<b>{name}</b><br>{escaped(shown.name)}, mean: "
        f"{exact(value, shown, theme.currency)}<br>Buyers: {buyers:,}"
        for name, value, buyers in zip(
            names, cohorts["average_value"], cohorts["buyers"], strict=True
        )
    ]
    chart.add_bar(
        x=months,
        y=cohorts["average_value"],
        name=shown.name,
        marker={"color": BLUE},
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
    )
    if "predicted_value" in cohorts:
        predicted = metric("predicted_value")
        chart.add_bar(
            x=months,
            y=cohorts["predicted_value"],
            name=predicted.name,
            marker={"color": TEAL, "pattern": {"shape": "/", "size": 5}},
            text=[
                exact(v, predicted, theme.currency) for v in cohorts["predicted_value"]
            ],
            textposition="none",
            hovertemplate=f"{escaped(predicted.name)}, mean: %{{text}}<extra></extra>",
        )
        chart.update_layout(barmode="stack", showlegend=True)
    chart.update_yaxes(nticks=6, **axis_format(shown, theme))
    chart.update_xaxes(showgrid=False, nticks=8)
    return chart


def origin_bars(origins: pd.DataFrame, theme: Theme) -> go.Figure:
    """What buyers are worth by how they began, the highest value first.

    Args:
        origins: Rows of `queries.lifetime_value.origin_values`.
        theme: Colours and currency.
    """
    orders, back = metric("mean_orders"), metric("returning_share")
    return ranked(
        list(origins["origin"]),
        origins["value_per_customer"],
        metric("value_per_customer"),
        theme,
        second_lines=[f"{count:,} customers" for count in origins["customers"]],
        details=[
            f"Customers: {row.customers:,}<br>"
            f"{escaped(orders.name)}: "
            f"{theme.exact(row.orders_per_customer, orders)}<br>"
            f"{escaped(back.name)}: {theme.exact(row.returning_share, back)}"
            for row in records(origins)
        ],
    )
