"""`compare`: whether two warehouses hold the same."""

import argparse

from pipeline.commands.arguments import Commands
from pipeline.compare import compare_warehouses, raw_differences
from pipeline.errors import PipelineError
from pipeline.terminal.progress import Reporter
from pipeline.terminal.summary import print_table
from pipeline.warehouse import reader_for


def add(commands: Commands) -> None:
    """Say what it takes."""
    compares = commands.add_parser(
        "compare",
        help="whether two warehouses, of whatever engines, hold the same",
        description="Compare star and reports of two built warehouses, table by table "
        "and row by row. The exit code is 1 where anything differs.",
    )
    for name in ("first", "second"):
        compares.add_argument(
            name,
            metavar=name.upper(),
            help="the path of a SQLite or DuckDB file, postgres[:SCHEMA] or "
            "spark[:SCHEMA]",
        )
    compares.set_defaults(command=_run, name="compare")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    tables = []
    with reader_for(options.first) as first, reader_for(options.second) as second:
        raw = raw_differences(first, second)
        for difference in raw:
            reporter.warn(f"built from different raw rows: {difference}")
        for table in compare_warehouses(first, second):
            tables.append(table)
            for example in table.examples:
                reporter.warn(f"{table.table}: {example}")
    counts = [["missing" if n is None else f"{n:,}" for n in t.rows] for t in tables]
    print_table(
        f"{first.location} and {second.location}",
        ("table", "rows", "rows", "differences"),
        [
            (table.table, *rows, f"{table.differences:,}")
            for table, rows in zip(tables, counts, strict=True)
        ],
    )
    differ = [table.table for table in tables if table.differences]
    if differ:
        raise PipelineError(
            f"{len(differ)} of {len(tables)} tables differ: {', '.join(differ)}"
            + ("; the warehouses were built from different raw rows" if raw else "")
        )
    reporter.say(f"all {len(tables)} tables are equal")
