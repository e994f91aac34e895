"""Pictures of the Products page."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.theme import BLUE, GREY, Theme, escaped, figure, share_axis
from dashboard.metrics import metric


def pareto(products: pd.DataFrame, theme: Theme, height: int = 300) -> go.Figure:
    """How few products make most of the money.

    Args:
        products: Rows of `queries.products.by_product`.
        theme: Colours and currency.
        height: Pixels.
    """
    chart = figure(theme, height)
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
        fillcolor="rgba(59,125,196,0.13)",
        customdata=[0, *ranks, count],
        hovertemplate="The best %{customdata:,} products (%{x:.1%})"
        "<br>make %{y:.1%} of net sales<extra></extra>",
    )
    needed = products_for_share(products, 0.8)
    if needed:
        share = needed / count
        chart.add_shape(
            type="line",
            x0=0,
            x1=share,
            y0=0.8,
            y1=0.8,
            line={"color": GREY, "dash": "dot"},
        )
        chart.add_shape(
            type="line",
            x0=share,
            x1=share,
            y0=0,
            y1=0.8,
            line={"color": GREY, "dash": "dot"},
        )
        chart.add_annotation(
            x=share,
            y=0.06,
            text=escaped(f"80% from {needed:,} products ({share:.0%})"),
            showarrow=False,
            xanchor="left" if share < 0.5 else "right",
            yanchor="bottom",
            xshift=8 if share < 0.5 else -8,
            font={"color": theme.text, "size": 12},
        )
    chart.update_xaxes(**share_axis(), showgrid=False, title_text="Share of products")
    chart.update_yaxes(**share_axis())
    return chart


def products_for_share(products: pd.DataFrame, share: float) -> int:
    """How many of the best products make that share of positive net sales."""
    reached = products["cumulative_share"].dropna()
    if reached.empty:
        return 0
    return int((reached < share - 1e-12).sum()) + 1


def stock_cover(products: pd.DataFrame, cover: int, theme: Theme) -> go.Figure:
    """Days that the stock lasts, shortest first.

    Args:
        products: Rows of `queries.products.low_stock`.
        cover: The days that it should last.
        theme: Colours and currency.
    """
    from dashboard.charts.bars import ranked

    days = metric("days_of_stock")
    details = [
        f"Stock: {stock:,.0f}, sold per day: {pace:,.2f}"
        for stock, pace in zip(
            products["stock_quantity"], products["units_per_day"], strict=True
        )
    ]
    chart = ranked(
        list(products["product_name"]),
        products["days_of_stock"],
        days,
        theme,
        details=details,
        keys=list(products["product_key"]),
    )
    chart.update_xaxes(range=[0, cover * 1.25])
    return chart
