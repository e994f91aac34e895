"""Pictures of the Products page."""

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.charts.theme import (
    BLUE,
    BLUE_FILL,
    GREY,
    Theme,
    escaped,
    share_axis,
)
from dashboard.queries.products import products_for_share


def pareto(products: pd.DataFrame, theme: Theme) -> Figure:
    """How few products make most of the money.

    `products` are rows of `by_product`.
    """
    chart = theme.figure(300)
    selling = products[products["cumulative_share"].notna()]
    count = len(selling)
    # 400 points draw the same line as 40,000 do.
    step = max(1, count // 400)
    kept = selling.iloc[::step]
    ranks = [index * step + 1 for index in range(len(kept))]
    chart.add_scatter(
        x=[0, *(rank / count for rank in ranks), 1],
        y=[0, *kept["cumulative_share"], 1],
        mode="lines",
        line={"color": BLUE, "width": 2.5},
        fill="tozeroy",
        fillcolor=BLUE_FILL,
        customdata=[0, *ranks, count],
        hovertemplate="The best %{customdata:,} products (%{x:.1%})"
        "<br>make %{y:.1%} of net sales<extra></extra>",
    )
    needed = products_for_share(products, 0.8)
    if needed:
        share = needed / count
        dotted = {"type": "line", "line": {"color": GREY, "dash": "dot"}}
        chart.add_shape(x0=0, y0=0.8, x1=share, y1=0.8, **dotted)
        chart.add_shape(x0=share, y0=0, x1=share, y1=0.8, **dotted)
        chart.add_annotation(
            x=share,
            y=0.06,
            text=escaped(f"80% from {needed:,} ({share:.0%})"),
            showarrow=False,
            xanchor="left" if share < 0.5 else "right",
            yanchor="bottom",
            xshift=8 if share < 0.5 else -8,
            font={"color": theme.text, "size": 12},
        )
    chart.update_xaxes(
        **share_axis(), showgrid=False, title={"text": "Share of products"}
    )
    chart.update_yaxes(**share_axis())
    return chart
