"""Pictures of one product."""

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.charts.series import period_label
from dashboard.charts.theme import BLUE, GREY, Theme, escaped
from dashboard.metrics import metric
from dashboard.periods import DateRange, Grain


def price_history(
    prices: pd.DataFrame, grain: Grain, chosen: DateRange, theme: Theme
) -> Figure:
    """What a piece cost in each period, before and after discounts.

    `prices` are rows of `product.prices`. A period without a sale is a gap.
    """
    chart = theme.figure(260, legend=True)
    labels = [escaped(period_label(day, grain, chosen)) for day in prices["start"]]
    money = metric("list_price")
    ranges = [
        f"{theme.exact(low, money)} to {theme.exact(high, money)}"
        for low, high in zip(
            prices["lowest_price"], prices["highest_price"], strict=True
        )
    ]
    for key, line, more in (
        ("list_price", {"color": GREY, "width": 1.5, "dash": "dot"}, ranges),
        ("price_paid", {"color": BLUE, "width": 2.5}, None),
    ):
        shown = metric(key)
        chart.add_scatter(
            x=prices["start"],
            y=prices[key],
            mode="lines+markers",
            name=shown.name,
            line=line,
            marker={"size": 5},
            connectgaps=False,
            customdata=[
                [label, theme.exact(value, shown), f", from {each}" if each else ""]
                for label, value, each in zip(
                    labels, prices[key], more or [""] * len(labels), strict=True
                )
            ],
            hovertemplate="<b>%{customdata[0]}</b><br>"
            f"{escaped(shown.name)}: %{{customdata[1]}}%{{customdata[2]}}"
            "<extra></extra>",
        )
    # What changes is a price, and has its cents: from 0 on it would be a flat line.
    chart.update_yaxes(nticks=6, **theme.axis(money) | {"tickformat": ",.2f"})
    chart.update_xaxes(showgrid=False)
    return chart
