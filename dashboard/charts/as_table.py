"""The table behind a picture: for each of its marks, what hovering over it says.

So whoever reads it, by keyboard or by ear, reads what others see, in the same words.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from dashboard.charts.figure import Figure
from dashboard.formatting import day

WHAT, REST = "What", "Figures"
# Where hover texts name more things than this, one column holds them all.
_MOST_COLUMNS = 8
_LONGEST_HEADING = 40
_FIELD = re.compile(r"%\{(\w+)(?:\[(\d+)\])?(?:[:|]([^}]*))?\}")
_TAG = re.compile(r"</?\w+[^>]*>")
_BREAK = re.compile(r"<br\s*/?>")


def as_table(figure: Figure) -> pd.DataFrame:
    """A row a mark: what it is, and a column for each thing said of it, all as text.

    Marks at one place that have no name of their own, such as those of the days
    compared with, share the row of the one that has.
    """
    said: dict[tuple[str, str], dict[str, list[str]]] = {}
    named: dict[str, str] = {}
    nameless = []
    drawn = figure.to_dict()
    dates = drawn["layout"]["xaxis"].get("hoverformat")
    for trace in drawn["data"]:
        for place, text in _hovers(trace, dates):
            name, lines = _named(text)
            if name:
                named.setdefault(place, name)
                _note(said.setdefault((place, name), {}), lines)
            else:
                nameless.append((place, lines))
    for place, lines in nameless:
        name = named.setdefault(place, place)
        _note(said.setdefault((place, name), {}), lines)
    rows = [
        {WHAT: name} | {label: "; ".join(texts) for label, texts in columns.items()}
        for (_, name), columns in said.items()
        if columns
    ]
    table = pd.DataFrame(rows)
    if len(table.columns) <= _MOST_COLUMNS:
        return table.fillna("")
    joined = [
        "; ".join(
            value if label == REST else f"{label}: {value}"
            for label, value in row.items()
            if label != WHAT
        )
        for row in rows
    ]
    return pd.DataFrame({WHAT: table[WHAT], REST: joined})


def _named(text: str) -> tuple[str, list[str]]:
    """The name that a hover text begins with, or none, and its other lines."""
    first, *others = _BREAK.split(text)
    if "<b>" in first or ": " not in first:
        return _plain(first), others
    return "", [first, *others]


def _note(row: dict[str, list[str]], lines: Sequence[str]) -> None:
    for line in map(_plain, lines):
        label, colon, value = line.partition(": ")
        if not colon or len(label) > _LONGEST_HEADING:
            label, value = REST, line
        if value:
            row.setdefault(label, []).append(value)


def _plain(text: str) -> str:
    text = html.unescape(_TAG.sub("", text))
    return text.replace("\N{ZERO WIDTH SPACE}", "").strip()


def _hovers(trace: Mapping[str, Any], dates: str | None) -> Iterator[tuple[str, str]]:
    """Where each mark stands, and what hovering over it says.

    Dates are written in that format, or as days.
    """
    if trace.get("hoverinfo") in ("skip", "text"):
        return  # nothing is said of it, or it lies over what says the same
    template = trace["hovertemplate"].removesuffix("<extra></extra>")
    if trace["type"] == "heatmap":
        for row, label in zip(trace["hovertext"], trace["y"], strict=True):
            for column, text in zip(trace["x"], row, strict=True):
                if text:
                    yield f"{label}, {column}", text
        return
    fields = {
        name: list(trace[name])
        for name in ("x", "y", "text", "hovertext", "customdata")
        if trace.get(name) is not None and not isinstance(trace[name], str)
    }
    places = trace.get("locations", fields.get("x", fields.get("hovertext", [])))
    if trace.get("orientation") == "h":
        places = fields["y"]
    for index, place in enumerate(places):
        values = {name: listed[index] for name, listed in fields.items()}
        if trace["type"] in ("bar", "scatter") and pd.isna(
            values["x" if trace.get("orientation") == "h" else "y"]
        ):
            continue  # nothing is drawn there
        yield (
            _place(place, dates),
            _FIELD.sub(partial(_field, values), template),
        )


def _field(values: Mapping[str, Any], found: re.Match[str]) -> str:
    name, index, written = found.groups()
    value = values[name]
    if index is not None:
        value = value[int(index)]
    return format(value, written or "") if written else str(value)


def _place(place: object, dates: str | None) -> str:
    if isinstance(place, pd.Timestamp):
        return place.strftime(dates) if dates else day(place.date())
    return _plain(str(place))
