"""The tables for people that are printed at the end."""

import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from pipeline.terminal.printable import printable

# Lines of a log are not cut; a terminal has a width of its own.
_LOG_WIDTH = 1_000


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Print a small table; columns other than the first are set to the right."""
    table = Table(box=None, pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position else "left")
    for row in rows:
        table.add_row(*map(printable, row))
    console = Console(
        file=sys.stdout,
        force_terminal=sys.stdout.isatty(),
        width=None if sys.stdout.isatty() else _LOG_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(f"{printable(title)}:", style="bold", soft_wrap=True)
    console.print(Padding(table, (0, 0, 0, 2), expand=False))
    sys.stdout.flush()


def print_rows(title: str, tables: Mapping[str, int]) -> None:
    """Print how many rows there are of each table."""
    rows = [(table, f"{count:,}") for table, count in tables.items()]
    print_table(title, ("table", "rows"), rows)
