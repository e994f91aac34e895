"""The tables printed at the end: at a terminal with rich, in a log as plain lines."""

import sys
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table

from pipeline.terminal.printable import printable


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    stream: TextIO | None = None,
) -> None:
    """Print a small table; columns other than the first are set to the right.

    Args:
        title: Stands above the table.
        columns: The heads of the columns.
        rows: The cells, as they are to be read.
        stream: Where to; standard output by default.
    """
    stream = stream or sys.stdout
    title = printable(title)
    rows = [[printable(cell) for cell in row] for row in rows]
    if not stream.isatty():
        widths = [
            max(len(row[column]) for row in [columns, *rows])
            for column in range(len(columns))
        ]
        print(f"{title}:", file=stream)
        for row in [columns, *rows]:
            cells = [row[0].ljust(widths[0])] + [
                cell.rjust(width)
                for cell, width in zip(row[1:], widths[1:], strict=True)
            ]
            print("  " + "  ".join(cells).rstrip(), file=stream)
        stream.flush()
        return
    table = Table(title=title, title_justify="left", title_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position else "left")
    for row in rows:
        table.add_row(*row)
    Console(file=stream, highlight=False).print(table)
