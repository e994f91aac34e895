"""Ranked bars, the picture for "which one most?", and what is made of them."""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.charts.theme import (
    BLUE,
    GREY,
    HOVER_TEXT,
    ORANGE,
    Theme,
    clipped,
    escaped,
)
from dashboard.metrics import Metric, metric

_BAR_HEIGHT = 30


def ranked(
    labels: Iterable[str],
    values: pd.Series,
    metric: Metric,
    theme: Theme,
    *,
    before: pd.Series | None = None,
    details: Sequence[str] | None = None,
    keys: Iterable[object] | None = None,
    label_length: int = 26,
    second_lines: Sequence[str] | None = None,
) -> Figure:
    """Horizontal bars, the first row on top, each with its figure at the end.

    Args:
        labels: The rows' names, unique.
        values: Their figures, in the same order.
        metric: What the figures are.
        theme: Colours and currency.
        before: The figures compared with; drawn as ticks.
        details: One more line for each hover text.
        keys: What a click on a bar gives back; by default its name.
        label_length: Longer names are cut; the hover text has them whole.
        second_lines: What stands under each name.
    """
    labels, numbers = list(labels), [float(value) for value in values]
    row_height = _BAR_HEIGHT if second_lines is None else round(_BAR_HEIGHT * 1.4)
    chart = theme.figure(len(numbers) * row_height + 24)
    names = [escaped(clipped(label, label_length)) for label in labels]
    if second_lines is not None:
        names = [
            f"{name}<br>{escaped(clipped(line, label_length))}"
            for name, line in zip(names, second_lines, strict=True)
        ]
    shown = _unique(names)
    extra = details or [""] * len(numbers)
    chart.add_bar(
        x=numbers,
        y=shown,
        orientation="h",
        marker={"color": [BLUE if value >= 0 else ORANGE for value in numbers]},
        text=[theme.short(value, metric) for value in numbers],
        textposition="outside",
        textfont={"color": theme.text, "size": 12},
        cliponaxis=False,
        customdata=list(labels if keys is None else keys),
        hovertext=[
            f"<b>{escaped(label)}</b><br>{theme.named(value, metric)}"
            f"{'<br>' + more if more else ''}"
            for label, value, more in zip(labels, numbers, extra, strict=True)
        ],
        hovertemplate=HOVER_TEXT,
        unselected={"marker": {"opacity": 0.45}},
    )
    if before is not None:
        chart.add_scatter(
            x=[float(value) for value in before],
            y=shown,
            mode="markers",
            marker={
                "symbol": "line-ns",
                "size": 16,
                "line": {"width": 2.5, "color": GREY},
            },
            hoverinfo="skip",
            selectedpoints=None,
        )
    largest = max([abs(value) for value in numbers] + [0.0])
    lowest = min([*numbers, 0.0])
    # Room for the figure at the end of the longest bar, on a phone too.
    chart.update_xaxes(
        visible=False,
        range=[lowest * 1.35 if lowest < 0 else 0, (largest * 1.3) or 1],
    )
    chart.update_yaxes(
        autorange="reversed",
        showgrid=False,
        tickfont={"color": theme.text, "size": 12},
        type="category",
    )
    return chart


def bridge(amounts: dict[str, float], theme: Theme) -> Figure:
    """From the first amount to the last: what lies between is taken off step by step.

    The amounts are by the keys of metrics; those between add up to the last less the
    first.
    """
    keys, values = list(amounts), list(amounts.values())
    names = [metric(key).name for key in keys]
    chart = ranked(names, pd.Series(amounts), metric(keys[0]), theme, keys=keys)
    ends = [*itertools.accumulate(values[:-1]), values[-1]]
    starts = [0.0, *ends[: len(values) - 2], 0.0]
    chart.update_trace(0, base=starts)
    lowest = min(0.0, *ends)
    chart.update_xaxes(range=[lowest * 1.1, (max(amounts.values()) * 1.3) or 1])
    return chart


def _unique(labels: list[str]) -> list[str]:
    """The labels made distinct by marks nobody sees: equal ones would share a bar."""
    seen: Counter[str] = Counter()
    result = []
    for label in labels:
        result.append(label + "\N{ZERO WIDTH SPACE}" * seen[label])
        seen[label] += 1
    return result


def bands(
    histogram: pd.DataFrame,
    value_metric: Metric,
    count_metric: Metric,
    theme: Theme,
    height: int = 300,
) -> Figure:
    """A histogram whose bands were counted before: low, high, and buyers between.

    An open band ends at infinity. The bands are cut by the first metric, and what is
    counted is the second.
    """
    chart = theme.figure(height)
    lows, highs, counts = (list(histogram[name]) for name in ("low", "high", "buyers"))
    is_open = [high == float("inf") for high in highs]
    total = sum(counts) or 1
    names = [
        theme.tick(low, value_metric)
        + (" or more" if open_ended else f" to {theme.tick(high, value_metric)}")
        for low, high, open_ended in zip(lows, highs, is_open, strict=True)
    ]
    chart.add_bar(
        x=list(range(len(counts))),
        y=counts,
        marker={"color": [GREY if open_ended else BLUE for open_ended in is_open]},
        customdata=[
            [name, theme.exact(count, count_metric), f"{count / total:.1%}"]
            for name, count in zip(names, counts, strict=True)
        ],
        hovertemplate="<b>%{customdata[0]}</b><br>"
        f"{escaped(count_metric.name)}: %{{customdata[1]}} (%{{customdata[2]}})"
        "<extra></extra>",
    )
    last = len(counts) - 1
    step = max(1, len(counts) // 6)
    ticks = list(range(0, len(counts), step))
    ticks[-1] = last  # instead of one whose figure would run into it
    chart.update_xaxes(
        tickvals=[tick - 0.5 for tick in ticks],
        ticktext=[
            theme.tick(lows[tick], value_metric) + ("+" if is_open[tick] else "")
            for tick in ticks
        ],
        showgrid=False,
        zeroline=False,
    )
    chart.update_yaxes(tickformat="~s", nticks=5)
    chart.update_layout(bargap=0.06)
    return chart
