"""Pictures of the Baskets page."""

import math

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.bars import ranked
from dashboard.charts.theme import (
    Theme,
    add_heat_map,
    clipped,
    escaped,
    figure,
    records,
)
from dashboard.metrics import Metric, metric


def ranked_pairs(pairs: pd.DataFrame, shown: Metric, theme: Theme) -> go.Figure:
    """Pairs as bars, strongest first.

    Args:
        pairs: Rows of `pairs`.
        shown: What they are ranked by.
        theme: Colours and currency.
    """
    return ranked(
        list(pairs["product1"]),
        pairs[shown.key],
        shown,
        theme,
        second_lines=[f"+ {name}" for name in pairs["product2"]],
        details=[
            f"with <b>{escaped(row.product2)}</b><br>"
            f"Bought together {row.co_purchase_count:,} times, lift {row.lift:,.2f}<br>"
            f"{row.confidence_1_to_2:.1%} of the baskets with the first,<br>"
            f"{row.confidence_2_to_1:.1%} of those with the second<br>"
            f"Expected by chance: {row.expected_co_purchases:,.1f} times<br>"
            f"Lift is at least {row.lift_lower_95:,.2f}: "
            f"{'more than chance' if row.is_significant else 'may be chance'}"
            for row in records(pairs)
        ],
        keys=[int(key) for key in pairs["product1_key"]],
        label_length=30,
    )


def companion_bars(companions: pd.DataFrame, theme: Theme) -> go.Figure:
    """What goes with a product, most likely first."""
    return ranked(
        list(companions["product_name"]),
        companions["confidence"],
        metric("confidence"),
        theme,
        details=[
            f"Bought together {row.co_purchase_count:,} times, lift {row.lift:,.2f}"
            for row in records(companions)
        ],
        keys=[int(key) for key in companions["product_key"]],
        label_length=34,
    )


def category_heat_map(categories: pd.DataFrame, theme: Theme) -> go.Figure:
    """Lift between each two categories, on a scale around 1.

    Args:
        categories: Rows of `category_pairs` (the mean lift of their
            products' pairs) or `category_affinity` (of orders with both).
        theme: Colours and currency.
    """
    names = sorted(set(categories["category1"]) | set(categories["category2"]))
    position = {name: index for index, name in enumerate(names)}
    size = len(names)
    values: list[list[float | None]] = [[None] * size for _ in names]
    texts = [[""] * size for _ in names]
    hovers = [[""] * size for _ in names]
    reach = 0.1
    for row in records(categories):
        shade = math.log(max(float(row.lift), 1e-9))
        reach = max(reach, abs(shade))
        hover = f"<b>{escaped(row.category1)} + {escaped(row.category2)}</b><br>"
        if hasattr(row, "pairs"):
            hover += (
                f"Pairs: {row.pairs:,}<br>Bought together: {row.co_purchase_count:,.0f}"
                f"<br>Lift, mean: {row.lift:,.2f}"
            )
        else:
            hover += (
                f"Orders with both: {row.co_purchase_count:,.0f}<br>"
                f"Lift: {row.lift:,.2f}, at least {row.lift_lower_95:,.2f}"
            )
        both = position[row.category1], position[row.category2]
        for first, second in (both, both[::-1]):
            values[first][second] = shade
            texts[first][second] = f"{row.lift:.1f}"
            hovers[first][second] = hover
    chart = figure(theme, 130 + 34 * size)
    labels = [escaped(clipped(name, 18)) for name in names]
    add_heat_map(
        chart,
        theme,
        (labels, labels),
        values,
        texts,
        hovers,
        name="Listed pairs" if "pairs" in categories else "Whole orders",
        zmin=-reach,
        zmax=reach,
        colorscale=theme.diverging,
    )
    chart.update_xaxes(side="bottom", showgrid=False, tickangle=-40)
    chart.update_yaxes(autorange="reversed", showgrid=False)
    return chart
