"""Pictures of the Segments page."""

import pandas as pd

from dashboard.charts.bars import ranked
from dashboard.charts.figure import Figure
from dashboard.charts.theme import (
    BLUE,
    GOLD,
    GREY,
    HOVER_TEXT,
    ORANGE,
    TEAL,
    Theme,
    escaped,
    months,
    records,
)
from dashboard.metrics import Metric, Unit, metric
from dashboard.queries.segments import GROUP_OF, SEGMENT_GROUPS

_RECENCY_TITLE = "Recency score: long ago → lately"

GROUP_COLOURS = dict(zip(SEGMENT_GROUPS, (BLUE, TEAL, GOLD, ORANGE, GREY), strict=True))


def _colours(segments: pd.Series) -> list[str]:
    """The colours of the segments' groups."""
    return [GROUP_COLOURS.get(GROUP_OF.get(name, ""), GREY) for name in segments]


# Where a label disturbs the neighbours least.
_LABEL_PLACES = {
    "Loyal": "middle left",
    "Need Attention": "middle left",
    "Potential Loyalists": "middle left",
    "Promising": "bottom center",
    "New Customers": "bottom center",
    "About To Sleep": "middle right",
    "Hibernating": "bottom center",
    "Cannot Lose Them": "bottom center",
    "Lost": "bottom center",
}


def _label(name: str) -> str:
    """The name, a long one in two lines: it has to stand beside others on a phone."""
    lines = name.split(" ", 1) if len(name) > 13 else [name]
    return "<br>".join(map(escaped, lines))


def segment_map(segments: pd.DataFrame, theme: Theme) -> Figure:
    """Segments by mean scores: right bought lately, up bought often and much.

    The area of a mark is the number of buyers.
    """
    chart = theme.figure(420)
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
            "color": _colours(segments["segment_name"]),
            "opacity": 0.85,
            "line": {"color": theme.ground, "width": 1},
        },
        text=[_label(name) for name in segments["segment_name"]],
        textposition=[
            _LABEL_PLACES.get(name, "top center") for name in segments["segment_name"]
        ],
        textfont={"size": 12, "color": theme.text},
        cliponaxis=False,
        customdata=segments["segment_name"],
        hovertext=[
            f"<b>{escaped(row.segment_name)}</b><br>"
            f"{theme.named(row.customers, count)} ({row.customer_share:.1%})<br>"
            f"Net sales: {theme.exact(row.monetary_value, money)}"
            f" ({row.money_share:.1%})<br>"
            f"Last order {row.mean_recency:,.0f} days ago, "
            f"{row.mean_orders:,.1f} orders (means)"
            for row in records(segments)
        ],
        hovertemplate=HOVER_TEXT,
        unselected={"marker": {"opacity": 0.3}},
    )
    scores = {"range": [0.4, 5.6], "tickvals": [1, 2, 3, 4, 5], "zeroline": False}
    chart.update_xaxes(title={"text": _RECENCY_TITLE}, **scores)
    chart.update_yaxes(title={"text": "Frequency and money score"}, **scores)
    return chart


def score_grid(cells: pd.DataFrame, theme: Theme) -> Figure:
    """Buyers by recency and frequency score; a click on a cell gives its segments back.

    `cells` are rows of `rfm_cells`.
    """
    scores = [1, 2, 3, 4, 5]
    numbers, amounts = (
        cells.pivot_table(
            index="f_score", columns="r_score", values=column, aggfunc="sum"
        )
        .reindex(index=scores, columns=scores)
        .fillna(0.0)
        .to_numpy(float)
        for column in ("customers", "monetary_value")
    )
    buyers, value = metric("buyers"), metric("monetary_value")
    names: dict[tuple[int, int], list[str]] = {}
    for row in records(cells):
        found = names.setdefault((row.f_score, row.r_score), [])
        found += [row.segment_name] if row.segment_name not in found else []
    chart = theme.heat_map(
        420,
        (scores, scores),
        numbers,
        [
            [
                (
                    theme.short(number, buyers),
                    f"<b>Recency {recency}, frequency {frequency}</b><br>"
                    f"{theme.named(number, buyers)}<br>"
                    f"Net sales: {theme.exact(amount, value)}",
                )
                for recency, number, amount in zip(scores, *row, strict=True)
            ]
            for frequency, *row in zip(scores, numbers, amounts, strict=True)
        ],
        [[names.get((row, column), []) for column in scores] for row in scores],
        xgap=3,
        ygap=3,
    )
    axis = {"dtick": 1, "showgrid": False, "zeroline": False}
    chart.update_xaxes(title={"text": _RECENCY_TITLE}, **axis)
    chart.update_yaxes(title={"text": "Frequency score"}, **axis)
    return chart


def segment_history(history: pd.DataFrame, shown: Metric, theme: Theme) -> Figure:
    """Buyers at each month's end, or their shares, stacked by group of segments.

    `history` are rows of `queries.segments.segment_history`.
    """
    chart = theme.figure(320, legend=True)
    days = months(history.index)
    shares = history.div(history.sum(axis=1), axis=0)
    values = shares if shown.unit is Unit.SHARE else history
    buyers, share = metric("buyers"), metric("buyer_share")
    for group, colour in GROUP_COLOURS.items():
        chart.add_scatter(
            x=days,
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
    chart.update_layout(hovermode="x unified", legend={"traceorder": "normal"})
    chart.update_xaxes(showgrid=False, hoverformat="%B %Y")
    chart.update_yaxes(nticks=5, rangemode="tozero", **theme.axis(shown))
    return chart


def move_bars(moves: pd.DataFrame, theme: Theme) -> Figure:
    """Moves between segments, most buyers first, in the colour of where they went.

    `moves` are rows of `moves_of_month`. A click on a bar gives back where they went.
    """
    money = metric("monetary_value")
    chart = ranked(
        moves["from_segment"],
        moves["customers"],
        metric("customers_moved"),
        theme,
        keys=moves["to_segment"],
        second_lines=[f"\N{RIGHTWARDS ARROW} {name}" for name in moves["to_segment"]],
        details=[
            f"now {escaped(row.to_segment)}<br>"
            f"Net sales so far: {theme.exact(row.monetary_value, money)}"
            for row in records(moves)
        ],
        label_length=22,
    )
    chart.update_trace(0, name="Moves", marker={"color": _colours(moves["to_segment"])})
    return chart
