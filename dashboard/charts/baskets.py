"""Pictures of the Baskets page."""

import math

import pandas as pd

from dashboard.charts.bars import ranked
from dashboard.charts.figure import Figure
from dashboard.charts.theme import Theme, clipped, escaped, records
from dashboard.metrics import Metric, metric


def ranked_pairs(pairs: pd.DataFrame, shown: Metric, theme: Theme) -> Figure:
    """Rows of `pairs` as bars, strongest first."""
    return ranked(
        pairs["product1"],
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
        keys=pairs["product1_key"],
        label_length=30,
    )


def companion_bars(companions: pd.DataFrame, theme: Theme) -> Figure:
    """What goes with a product, most likely first."""
    return ranked(
        companions["product_name"],
        companions["confidence"],
        metric("confidence"),
        theme,
        details=[
            f"Bought together {row.co_purchase_count:,} times, lift {row.lift:,.2f}"
            for row in records(companions)
        ],
        keys=companions["product_key"],
        label_length=34,
    )


def category_heat_map(categories: pd.DataFrame, theme: Theme) -> Figure:
    """Lift between each two categories, on a scale around 1.

    It is the mean lift of their products' pairs in rows of `category_pairs`, and that
    of orders with both in rows of `category_affinity`. A click on a cell gives both
    back.
    """
    names = sorted(set(categories["category1"]) | set(categories["category2"]))
    shades: dict[tuple[str, str], float] = {}
    cells: dict[tuple[str, str], tuple[str, str]] = {}
    is_of_pairs = "pairs" in categories
    for row in records(categories):
        hover = f"<b>{escaped(row.category1)} + {escaped(row.category2)}</b><br>"
        if is_of_pairs:
            hover += (
                f"Pairs: {row.pairs:,}<br>Bought together: {row.co_purchase_count:,.0f}"
                f"<br>Lift, mean: {row.lift:,.2f}"
            )
        else:
            hover += (
                f"Orders with both: {row.co_purchase_count:,.0f}<br>"
                f"Lift: {row.lift:,.2f}, at least {row.lift_lower_95:,.2f}"
            )
        both = row.category1, row.category2
        for pair in (both, both[::-1]):
            shades[pair] = math.log(max(float(row.lift), 1e-9))
            cells[pair] = f"{row.lift:.1f}", hover
    reach = max([0.1, *map(abs, shades.values())])
    labels = [escaped(clipped(name, 18)) for name in names]
    chart = theme.heat_map(
        130 + 34 * len(names),
        (labels, labels),
        [[shades.get((row, column)) for column in names] for row in names],
        [[cells.get((row, column), ("", "")) for column in names] for row in names],
        [
            [
                sorted({row, column}) if (row, column) in cells else []
                for column in names
            ]
            for row in names
        ],
        name="Listed pairs" if is_of_pairs else "Whole orders",
        zmin=-reach,
        zmax=reach,
        colorscale=theme.diverging,
    )
    chart.update_xaxes(side="bottom", showgrid=False, tickangle=-40)
    chart.update_yaxes(autorange="reversed", showgrid=False)
    return chart
