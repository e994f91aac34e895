"""Pictures of the Segments page."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts.bars import ranked
from dashboard.charts.theme import (
    BLUE,
    GOLD,
    GREY,
    ORANGE,
    TEAL,
    Theme,
    axis_format,
    escaped,
    figure,
    records,
)
from dashboard.metrics import Metric, Unit, metric
from dashboard.queries.segments import SEGMENT_GROUPS

# Segments by what to do about them: keep, grow, hold, win back, let go.
GROUP_COLOURS = dict(zip(SEGMENT_GROUPS, (BLUE, TEAL, GOLD, ORANGE, GREY), strict=True))


SEGMENT_COLOURS = {
    name: GROUP_COLOURS[group]
    for group, names in SEGMENT_GROUPS.items()
    for name in names
}


# Where a label disturbs the neighbours least.
_LABEL_PLACES = {
    "Loyal": "middle left",
    "Need Attention": "middle left",
    "Potential Loyalists": "middle left",
    "Promising": "bottom center",
    "New Customers": "bottom center",
    "About To Sleep": "bottom center",
    "Cannot Lose Them": "bottom center",
    "Lost": "bottom center",
}


def segment_map(segments: pd.DataFrame, theme: Theme, height: int = 420) -> go.Figure:
    """Segments by mean scores: right bought lately, up bought often and much.

    The area of a mark is the number of buyers.

    Args:
        segments: Rows of `queries.segments.segments`.
        theme: Colours and currency.
        height: Pixels.
    """
    chart = figure(theme, height)
    largest = float(segments["customers"].max()) if len(segments) else 1.0
    money, count = metric("monetary_value"), metric("buyers")
    chart.add_scatter(
        x=segments["r_mean"],
        y=segments["fm_mean"],
        mode="markers+text",
        marker={
            "size": segments["customers"],
            "sizemode": "area",
            "sizeref": 2 * largest / 58**2,
            "sizemin": 5,
            "color": [
                SEGMENT_COLOURS.get(name, GREY) for name in segments["segment_name"]
            ],
            "opacity": 0.85,
            "line": {"color": theme.ground, "width": 1},
        },
        text=[escaped(name) for name in segments["segment_name"]],
        textposition=[
            _LABEL_PLACES.get(name, "top center") for name in segments["segment_name"]
        ],
        textfont={"size": 12, "color": theme.text},
        cliponaxis=False,
        customdata=segments["segment_name"],
        hovertext=[
            f"<b>{escaped(row.segment_name)}</b><br>"
            f"Buyers: {theme.exact(row.customers, count)}"
            f" ({row.customer_share:.1%})<br>"
            f"Net sales: {theme.exact(row.monetary_value, money)}"
            f" ({row.money_share:.1%})<br>"
            f"Last order {row.average_recency:,.0f} days ago, "
            f"{row.average_orders:,.1f} orders (means)"
            for row in records(segments)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        unselected={"marker": {"opacity": 0.3}},
    )
    chart.update_xaxes(
        range=[0.4, 5.6],
        tickvals=[1, 2, 3, 4, 5],
        title_text="Recency score: long ago → lately",
        zeroline=False,
    )
    chart.update_yaxes(
        range=[0.4, 5.6],
        tickvals=[1, 2, 3, 4, 5],
        title_text="Frequency and money score",
        zeroline=False,
    )
    return chart


def score_grid(cells: pd.DataFrame, theme: Theme, height: int = 420) -> go.Figure:
    """Buyers by recency and frequency score.

    Args:
        cells: Rows of `queries.segments.rfm_cells`.
        theme: Colours and currency.
        height: Pixels.
    """
    chart = figure(theme, height)
    scores = [1, 2, 3, 4, 5]
    numbers, amounts = (
        cells.pivot_table(
            index="f_score", columns="r_score", values=column, aggfunc="sum"
        )
        .reindex(index=scores, columns=scores)
        .fillna(0)
        .to_numpy(float)
        .tolist()
        for column in ("customers", "monetary_value")
    )
    buyers, value = metric("buyers"), metric("monetary_value")
    chart.add_heatmap(
        x=scores,
        y=scores,
        z=numbers,
        text=[[theme.short(number, buyers) for number in row] for row in numbers],
        texttemplate="%{text}",
        textfont={"color": theme.text},
        hovertext=[
            [
                f"<b>Recency {recency}, frequency {frequency}</b><br>"
                "Buyers: "
                f"{theme.exact(numbers[frequency - 1][recency - 1], buyers)}<br>"
                f"Net sales: {theme.exact(amounts[frequency - 1][recency - 1], value)}"
                for recency in scores
            ]
            for frequency in scores
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        colorscale=theme.cell_scale,
        showscale=False,
        xgap=3,
        ygap=3,
    )
    chart.update_xaxes(
        title_text="Recency score: long ago → lately",
        dtick=1,
        showgrid=False,
        zeroline=False,
    )
    chart.update_yaxes(
        title_text="Frequency score", dtick=1, showgrid=False, zeroline=False
    )
    return chart


def segment_history(
    history: pd.DataFrame, shown: Metric, theme: Theme, height: int = 320
) -> go.Figure:
    """Buyers at each month's end, stacked by group of segments.

    Args:
        history: Rows of `queries.segments.segment_history`.
        shown: buyers or buyer_share.
        theme: Colours and currency.
        height: Pixels.
    """
    chart = figure(theme, height)
    months = [pd.Timestamp(f"{month}-01") for month in history.index]
    shares = history.div(history.sum(axis=1), axis=0)
    values = shares if shown.unit is Unit.SHARE else history
    buyers, share = metric("buyers"), metric("buyer_share")
    for group, colour in GROUP_COLOURS.items():
        chart.add_scatter(
            x=months,
            y=values[group],
            name=group,
            stackgroup="groups",
            mode="lines",
            line={"color": colour, "width": 0.5},
            fillcolor=colour,
            text=[
                f"{theme.exact(count, buyers)} ({theme.short(part, share)})"
                for count, part in zip(history[group], shares[group], strict=True)
            ],
            hovertemplate=f"{group}: %{{text}}<extra></extra>",
        )
    chart.update_layout(
        hovermode="x unified",
        showlegend=True,
        legend={"traceorder": "normal"},
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
    )
    chart.update_xaxes(showgrid=False, nticks=8, hoverformat="%B %Y")
    chart.update_yaxes(nticks=5, rangemode="tozero", **axis_format(shown, theme))
    return chart


def move_bars(moves: pd.DataFrame, theme: Theme) -> go.Figure:
    """Moves between segments, most buyers first, in the colour of where they went.

    Args:
        moves: Rows of `queries.segments.moves_of_month`.
        theme: Colours and currency.
    """
    money = metric("monetary_value")
    chart = ranked(
        list(moves["from_segment"]),
        moves["customers"],
        metric("customers_moved"),
        theme,
        second_lines=[f"\N{RIGHTWARDS ARROW} {name}" for name in moves["to_segment"]],
        details=[
            f"now {escaped(row.to_segment)}<br>"
            f"Net sales so far: {theme.exact(row.monetary_value, money)}"
            for row in records(moves)
        ],
        label_length=22,
    )
    chart.data[0].update(
        name="Moves",
        marker={
            "color": [SEGMENT_COLOURS.get(name, GREY) for name in moves["to_segment"]]
        },
    )
    return chart
