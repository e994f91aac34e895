"""What all pictures have in common: colours, fonts, hover texts, axes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.charts.figure import Figure
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
BLUE_FILL = "rgba(59,125,196,0.13)"

# What the browser may do with a picture: hover and click, nothing that hides it.
CONFIG: Mapping[str, Any] = {
    "displayModeBar": False,
    "displaylogo": False,
    "scrollZoom": False,
    "doubleClick": False,
    "showTips": False,
    "topojsonURL": "app/static/",
}

HOVER_TEXT = "%{hovertext}<extra></extra>"
_FONT = '"Source Sans", "Source Sans Pro", sans-serif'


ColourScale = list[tuple[float, str]]


def _scale(*colours: str) -> ColourScale:
    """Colours at even steps from 0 to 1."""
    return [(step / (len(colours) - 1), colour) for step, colour in enumerate(colours)]


@dataclass(frozen=True)
class Theme:
    """The colours of the light or the dark theme, and the currency.

    Attributes:
        text: Of text.
        muted: Of what stands back.
        grid: Of lines behind the data.
        ground: Of the page.
        faint: A fill that is only just there.
        label: Behind a hover text.
        rise: Of text about what rose.
        fall: Of text about what fell.
        cell_scale: From little to much, never so strong that text on it is hard to
            read.
        map_scale: From little to much; little stands out from land without any.
        diverging: From below to above a middle.
        currency: How money is written.
    """

    text: str
    muted: str
    grid: str
    ground: str
    faint: str
    label: str
    rise: str
    fall: str
    cell_scale: ColourScale
    map_scale: ColourScale
    diverging: ColourScale
    currency: Currency

    def short(self, value: float | None, metric: Metric) -> str:
        """The figure as it stands beside a bar."""
        return escaped(short(value, metric, self.currency))

    def tick(self, value: float, metric: Metric) -> str:
        """The figure beside an axis: no cents."""
        if metric.unit is Unit.SHARE:
            return f"{MINUS if value < 0 else ''}{abs(value):.0%}"
        if metric.unit is Unit.MONEY:
            sign = MINUS if value < 0 else ""
            return escaped(f"{sign}{self.currency.symbol}{short_number(abs(value))}")
        return self.short(value, metric)

    def exact(self, value: float | None, metric: Metric) -> str:
        """The figure in full, for a hover text."""
        return escaped(exact(value, metric, self.currency))

    def named(self, value: float | None, metric: Metric) -> str:
        """The same after its name."""
        return f"{escaped(metric.name)}: {self.exact(value, metric)}"

    def of_change(self, value: float) -> str:
        """The colour of text about a change."""
        return self.rise if value > 0 else self.fall if value < 0 else self.text

    def figure(self, height: int, *, legend: bool = False) -> Figure:
        """An empty figure in the look of the dashboard; a legend has a margin above."""
        chart = Figure()
        chart.update_layout(
            autotypenumbers="strict",
            hovermode="closest",
            height=height,
            margin={"l": 8, "r": 8, "t": 28 if legend else 8, "b": 8},
            paper_bgcolor="rgba(0,0,0,0)",
            plot_bgcolor="rgba(0,0,0,0)",
            font={
                "family": _FONT,
                "size": 13,
                "color": self.text,
            },
            colorway=[BLUE, ORANGE, TEAL, PURPLE, GOLD, GREY],
            hoverlabel={
                "bgcolor": self.label,
                "bordercolor": self.grid,
                "font": {"family": _FONT, "color": self.text, "size": 13},
                "align": "left",
            },
            showlegend=legend,
            dragmode=False,
            bargap=0.28,
            legend={
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "font": {"color": self.muted, "size": 12},
            },
        )
        axis = {
            "gridcolor": self.grid,
            "zerolinecolor": self.grid,
            "linecolor": self.grid,
            "tickfont": {"color": self.muted, "size": 12},
            "title": {"font": {"color": self.muted, "size": 12}, "standoff": 8},
            "automargin": True,
            "ticks": "",
            "fixedrange": True,
        }
        chart.update_xaxes(**axis)
        chart.update_yaxes(**axis)
        return chart

    def message(self, text: str) -> Figure:
        """A picture that says why there is none."""
        chart = self.figure(160)
        chart.update_xaxes(visible=False)
        chart.update_yaxes(visible=False)
        chart.add_annotation(
            text=escaped(text), showarrow=False, font={"color": self.muted, "size": 14}
        )
        return chart

    def heat_map(
        self,
        height: int,
        labels: tuple[Sequence[Any], Sequence[Any]],
        values: Any,
        cells: Sequence[Sequence[tuple[str, str]]],
        marks: Sequence[Sequence[Sequence[str]]] | None = None,
        **options: Any,
    ) -> Figure:
        """Coloured cells with a text each; those without a value stay blank.

        Args:
            height: In pixels.
            labels: Those of the columns, and those of the rows.
            values: Row by row, as all that follow.
            cells: A text and a hover text each.
            marks: The names that a click on a cell gives back; none for nothing.
            options: Plotly's, where they are others than here.
        """
        defaults = {
            "textfont": {"color": self.text},
            "colorscale": self.cell_scale,
            "xgap": 2,
            "ygap": 2,
        }
        chart = self.figure(height)
        chart.add_heatmap(
            x=labels[0],
            y=labels[1],
            z=values,
            text=[[text for text, _ in row] for row in cells],
            texttemplate="%{text}",
            hovertext=[[hover for _, hover in row] for row in cells],
            hovertemplate=HOVER_TEXT,
            showscale=False,
            hoverongaps=False,
            **defaults | options,
        )
        if marks is not None:
            _lay_marks_over(chart, labels, cells, marks)
        return chart

    def axis(self, metric: Metric) -> dict[str, Any]:
        """How the ticks of an axis are written."""
        match metric.unit:
            case Unit.MONEY:
                return {"tickprefix": self.currency.symbol, "tickformat": "~s"}
            case Unit.SHARE:
                return {"tickformat": ".0%"}
            case Unit.COUNT:
                return {"tickformat": "~s"}
            case _:
                return {"tickformat": "~g"}


def _lay_marks_over(
    chart: Figure,
    labels: tuple[Sequence[Any], Sequence[Any]],
    cells: Sequence[Sequence[tuple[str, str]]],
    marks: Sequence[Sequence[Sequence[str]]],
) -> None:
    """Give a heat map marks that nobody sees: Plotly tells of no click on its cells.

    The mark next to the pointer, however far, is the one that is hovered over; that of
    a blank cell says nothing and gives nothing back.
    """
    places = [
        (column, row, hover, names)
        for row, said, given in zip(labels[1], cells, marks, strict=True)
        for column, (_, hover), names in zip(labels[0], said, given, strict=True)
    ]
    chart.add_scatter(
        x=[column for column, *_ in places],
        y=[row for _, row, *_ in places],
        mode="markers",
        name="Cells",
        marker={"opacity": 0, "size": 6},
        hovertext=[hover for *_, hover, _ in places],
        hoverinfo="text",
        customdata=[list(names) or None for *_, names in places],
        showlegend=False,
    )
    chart.update_layout(hoverdistance=-1)
    # Marks would have room around them, and the cells have none.
    updates = (chart.update_xaxes, chart.update_yaxes)
    for update, names in zip(updates, labels, strict=True):
        first = names[0] if names and isinstance(names[0], int) else 0
        update(
            autorangeoptions={
                "minallowed": first - 0.5,
                "maxallowed": first + len(names) - 0.5,
            }
        )


def light(currency: Currency) -> Theme:
    """The theme on light ground."""
    return Theme(
        text="#1C2733",
        muted="#566373",
        grid="#E6EAF0",
        ground="#FFFFFF",
        faint="#EEF1F5",
        label="#FFFFFF",
        rise="#1F5FA8",
        fall="#A44A0B",
        cell_scale=_scale("#F1F6FB", "#D3E4F5", "#A9CBEA", "#7FB0DF"),
        map_scale=_scale("#C3DAF1", "#8BB6E2", "#5490D0", "#2F6FB7", "#174A85"),
        diverging=_scale("#DB8A45", "#EDB98C", "#F4EFE9", "#A9CBEA", "#6FA5D9"),
        currency=currency,
    )


def dark(currency: Currency) -> Theme:
    """The theme on dark ground."""
    return Theme(
        text="#E6EBF1",
        muted="#A3AFBD",
        grid="#2B3541",
        ground="#12171E",
        faint="#232C37",
        label="#2A3440",
        rise="#84B8F0",
        fall="#F2A76C",
        cell_scale=_scale("#1A2430", "#1D3550", "#22507F", "#2A67A6"),
        map_scale=_scale("#1D3A5B", "#255A93", "#3B82C9", "#7BB2EA", "#D3E7FC"),
        diverging=_scale("#A85A1C", "#6E4122", "#252D38", "#22507F", "#2A67A6"),
        currency=currency,
    )


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


def share_axis() -> dict[str, Any]:
    """An axis from nothing to all, with both ends written."""
    return {
        "tickvals": [0, 0.25, 0.5, 0.75, 1],
        "ticktext": ["0%", "25%", "50%", "75%", "100%"],
        "range": [0, 1.02],
    }


def months(names: Sequence[str] | pd.Index | pd.Series) -> list[pd.Timestamp]:
    """The first days of months written YYYY-MM."""
    return [pd.Timestamp(f"{name}-01") for name in names]


def records(rows: pd.DataFrame) -> Iterator[Any]:
    """The rows as objects with an attribute a column."""
    return iter(rows.itertuples(index=False))
