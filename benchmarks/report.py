"""Markdown tables of measurements, with the budget beside each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from benchmarks.measure import Measurement


@dataclass(frozen=True)
class Row:
    """One line of the main table; empty text where something does not apply."""

    what: str
    wall: float | None = None
    cpu: float | None = None
    peak_megabytes: float | None = None
    figure: str = ""
    floor: str = ""
    budget: str = ""
    is_within: bool | None = None

    @classmethod
    def of(cls, what: str, measured: Measurement, **columns: Any) -> Self:
        """Return a row with a process's seconds and memory."""
        return cls(
            what, measured.wall, measured.cpu, measured.peak_megabytes, **columns
        )


def at_most(value: float, limit: float | None, shape: str) -> dict[str, Any]:
    """Return a row's budget, the limit in some shape; nothing where there is none."""
    if limit is None:
        return {}
    return {"budget": f"<= {shape.format(limit)}", "is_within": value <= limit}


def at_least(value: float, limit: float | None, shape: str) -> dict[str, Any]:
    """Return a row's budget, the limit in some shape; nothing where there is none."""
    if limit is None:
        return {}
    return {"budget": f">= {shape.format(limit)}", "is_within": value >= limit}


def cost_at_most(
    measured: Measurement, seconds: float, megabytes: float
) -> dict[str, Any]:
    """Return a row's budget of a process's seconds and memory."""
    return {
        "budget": f"<= {seconds:.0f} s, {megabytes:,.0f} MB",
        "is_within": measured.wall <= seconds and measured.peak_megabytes <= megabytes,
    }


def listed(values: Mapping[str, float], decimals: int = 1) -> str:
    """Return names and their figures in one line."""
    return ", ".join(f"{name} {value:.{decimals}f}" for name, value in values.items())


@dataclass
class Section:
    """What was measured on one data set.

    Attributes:
        title: The data set.
        rows: The main table.
        notes: Lines of text below it.
        failures: What did not work.
        lines: How many order lines there are.
        seconds: Seconds of each model, for growth from one size to another.
    """

    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    lines: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned Markdown table; columns after the first are set right."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = "|".join(
        f"{'-' * (width + 1)}:" if place else "-" * (width + 2)
        for place, width in enumerate(widths)
    )
    return "\n".join([line(heads), f"|{rule}|", *map(line, rows)])


def _number(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:,.{decimals}f}"


def render(section: Section) -> str:
    """Return a section as Markdown."""
    verdicts = {None: "", True: "within", False: "OVER"}
    table = markdown_table(
        ["what", "wall s", "CPU s", "peak MB", "figure", "floor", "budget", ""],
        [
            [
                row.what,
                _number(row.wall, 1),
                _number(row.cpu, 1),
                _number(row.peak_megabytes, 0),
                row.figure,
                row.floor,
                row.budget,
                verdicts[row.is_within],
            ]
            for row in section.rows
        ],
    )
    notes = [f"- {note}" for note in section.notes]
    failures = [f"- FAILED: {failure}" for failure in section.failures]
    below = "\n".join([*notes, *failures])
    return f"## {section.title}\n\n{table}\n\n{below}\n"


def render_growth(small: Section, large: Section, models: int = 10) -> str:
    """Return how stages and the slowest models grow with the number of lines."""
    table = markdown_table(
        ["what", f"{small.lines:,} lines, s", f"{large.lines:,} lines, s", "growth"],
        [
            [what, _number(before, 1), _number(after, 1), f"{after / before:.1f} x"]
            for what, before, after in _grown(small, large, models)
        ],
    )
    factor = large.lines / small.lines
    return f"## Growth, with {factor:.1f} times the lines\n\n{table}\n"


def _grown(
    small: Section, large: Section, models: int
) -> Iterator[tuple[str, float, float]]:
    before = {row.what: row.wall for row in small.rows}
    for row in large.rows:
        seconds = before.get(row.what)
        if seconds and row.wall:
            yield row.what, seconds, row.wall
    slowest = sorted(large.seconds.items(), key=lambda item: -item[1])
    for model, seconds in slowest[:models]:
        if small.seconds.get(model):
            yield model, small.seconds[model], seconds
