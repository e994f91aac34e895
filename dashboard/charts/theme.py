"""The theme of all pictures: colours, fonts, hover texts, sizes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.formatting import MINUS, Currency, exact, short, short_number
from dashboard.metrics import Metric, Unit

# Distinct on light and dark ground. Blue against orange carries meaning, never red
# against green; the others do not: some are alike to the colour-blind (blue, purple).
BLUE = "#3B7DC4"
ORANGE = "#D9772B"
TEAL = "#1C9A86"
PURPLE = "#8A70C4"
GOLD = "#C29A1E"
GREY = "#8A97A8"

_LIGHT_SCALE = ("#EDF3FA", "#C3DAF1", "#8BB6E2", "#5490D0", "#2F6FB7", "#174A85")
_DARK_SCALE = ("#1A2430", "#1D3A5B", "#255A93", "#3B82C9", "#7BB2EA", "#D3E7FC")
_LIGHT_CELLS = ("#F1F6FB", "#D3E4F5", "#A9CBEA", "#7FB0DF")
_DARK_CELLS = ("#1A2430", "#1D3550", "#22507F", "#2A67A6")
_LIGHT_DIVERGING = ("#DB8A45", "#EDB98C", "#F4EFE9", "#A9CBEA", "#6FA5D9")
_DARK_DIVERGING = ("#A85A1C", "#6E4122", "#252D38", "#22507F", "#2A67A6")

# What the browser may do with a picture: hover and click, nothing that hides it.
CONFIG: Mapping[str, Any] = {
    "displayModeBar": False,
    "displaylogo": False,
    "scrollZoom": False,
    "doubleClick": False,
    "showTips": False,
    "topojsonURL": "app/static/",
}


@dataclass(frozen=True)
class Theme:
    """The theme and the currency of a picture.

    Attributes:
        dark: Whether it stands on dark ground.
        currency: How money is written.
    """

    dark: bool = False
    currency: Currency = field(default_factory=Currency)

    @property
    def text(self) -> str:
        """The colour of text."""
        return "#E6EBF1" if self.dark else "#1C2733"

    @property
    def muted(self) -> str:
        """The colour of what stands back."""
        return "#A3AFBD" if self.dark else "#566373"

    @property
    def grid(self) -> str:
        """The colour of lines behind the data."""
        return "#2B3541" if self.dark else "#E6EAF0"

    @property
    def ground(self) -> str:
        """The colour of the page."""
        return "#12171E" if self.dark else "#FFFFFF"

    @property
    def faint(self) -> str:
        """A fill that is only just there."""
        return "#232C37" if self.dark else "#EEF1F5"

    @property
    def cell_scale(self) -> list[list[Any]]:
        """From little to much, never so strong that text on it is hard to read."""
        return _stops(_DARK_CELLS if self.dark else _LIGHT_CELLS)

    @property
    def map_scale(self) -> list[list[Any]]:
        """From little to much; little stands out from land without any."""
        return _stops((_DARK_SCALE if self.dark else _LIGHT_SCALE)[1:])

    @property
    def diverging(self) -> list[list[Any]]:
        """From below to above a middle."""
        return _stops(_DARK_DIVERGING if self.dark else _LIGHT_DIVERGING)

    def short(self, value: float | None, metric: Metric) -> str:
        """The figure as it stands beside a bar."""
        return escaped(short(value, metric, self.currency))

    def tick(self, value: float, metric: Metric) -> str:
        """The figure beside an axis: no cents."""
        if metric.unit is Unit.SHARE:
            return f"{value:.0%}"
        if metric.unit is Unit.MONEY:
            sign = MINUS if value < 0 else ""
            return escaped(f"{sign}{self.currency.symbol}{short_number(abs(value))}")
        return self.short(value, metric)

    def exact(self, value: float | None, metric: Metric) -> str:
        """The figure in full, for a hover text."""
        return escaped(exact(value, metric, self.currency))


def escaped(text: str) -> str:
    """Text that Plotly must not read as its small HTML, nor as a template."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("%{", "%\N{ZERO WIDTH SPACE}{")
    )


def clipped(text: str, length: int) -> str:
    """Text cut to a length, with an ellipsis where something is missing."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _stops(colours: Sequence[str]) -> list[list[Any]]:
    last = len(colours) - 1
    return [[index / last, colour] for index, colour in enumerate(colours)]


def figure(theme: Theme, height: int) -> go.Figure:
    """An empty figure in the theme of the dashboard."""
    chart = go.Figure()
    chart.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={
            "family": '"Source Sans", "Source Sans Pro", sans-serif',
            "size": 13,
            "color": theme.text,
        },
        colorway=[BLUE, ORANGE, TEAL, PURPLE, GOLD, GREY],
        hoverlabel={
            "bgcolor": "#2A3440" if theme.dark else "#FFFFFF",
            "bordercolor": theme.grid,
            "font": {"color": theme.text, "size": 13},
            "align": "left",
        },
        showlegend=False,
        dragmode=False,
        bargap=0.28,
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"color": theme.muted, "size": 12},
        },
    )
    axis = {
        "gridcolor": theme.grid,
        "zerolinecolor": theme.grid,
        "linecolor": theme.grid,
        "tickfont": {"color": theme.muted, "size": 12},
        "title": {"font": {"color": theme.muted, "size": 12}, "standoff": 8},
        "automargin": True,
        "ticks": "",
        "fixedrange": True,
    }
    chart.update_xaxes(**axis)
    chart.update_yaxes(**axis)
    return chart


def axis_format(metric: Metric, theme: Theme) -> dict[str, Any]:
    """How the ticks of an axis are written."""
    match metric.unit:
        case Unit.MONEY:
            return {"tickprefix": theme.currency.symbol, "tickformat": "~s"}
        case Unit.SHARE:
            return {"tickformat": ".0%"}
        case Unit.COUNT:
            return {"tickformat": "~s"}
        case _:
            return {"tickformat": "~g"}


def share_axis() -> dict[str, Any]:
    """An axis from nothing to all, with both ends written."""
    return {
        "tickvals": [0, 0.25, 0.5, 0.75, 1],
        "ticktext": ["0%", "25%", "50%", "75%", "100%"],
        "range": [0, 1.02],
    }


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows as objects with an attribute a column."""
    return iter(frame.itertuples(index=False))


def message(theme: Theme, text: str, height: int = 160) -> go.Figure:
    """A picture that says why there is none."""
    chart = figure(theme, height)
    chart.update_xaxes(visible=False)
    chart.update_yaxes(visible=False)
    chart.add_annotation(
        text=escaped(text), showarrow=False, font={"color": theme.muted, "size": 14}
    )
    return chart
