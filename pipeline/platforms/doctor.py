"""What is in a folder of downloads: which platform's, what of it counts, what next."""

import csv
import shlex
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.errors import PipelineError
from pipeline.installation import typed
from pipeline.platforms.definition import Platform, platforms
from pipeline.platforms.export_files import (
    ExportFile,
    files_with_tables,
    holds_export_of,
    what_is_missing,
)
from pipeline.platforms.importer import Import, read_export
from pipeline.raw_files.contract import RAW_TABLE_NAMES, RAW_TABLES, SUFFIXES
from pipeline.terminal.progress import Reporter

# What staging would not take, of rows that can be read: reason, rows, an example.
_REJECTED = """
select 'quantity is no whole number', count(*), any_value(quantity)
from raw_order_items
where not regexp_full_match(trim(cast(quantity as varchar)), '[+-]?\\d{1,9}(\\.0*)?')
union all
select 'order not found', count(*), any_value(order_id)
from raw_order_items
where order_id is not null and order_id not in (select order_id from raw_orders)
union all
select 'no key', count(*), any_value(order_id)
from raw_order_items
where order_item_id is null or order_id is null
"""


@dataclass(frozen=True)
class Finding:
    """What an export of one platform holds.

    Attributes:
        platform: The platform.
        files: The files that are its.
        rows: For each raw table, the rows that it would have.
        facts: Pairs of what and how much, in words.
        problem: Why it cannot be imported as it is.
    """

    platform: Platform
    files: tuple[str, ...]
    rows: tuple[tuple[str, int], ...]
    facts: tuple[tuple[str, str], ...]
    problem: str | None


def examine(
    folder: str, known_statuses: Path, reporter: Reporter
) -> tuple[list[Finding], list[str]]:
    """Read a folder without loading anything.

    Args:
        folder: With the files.
        known_statuses: The seed that says which statuses are sales.
        reporter: Told of progress.

    Returns:
        The platforms whose exports are there, with what they hold; and, where there is
        none, of each file what it is most like.

    Raises:
        PipelineError: There is no such folder, or it holds raw files.
    """
    path = Path(folder)
    names = [entry.name.lower() for entry in path.iterdir()] if path.is_dir() else []
    findings = [
        _finding(platform, folder, known_statuses, reporter)
        for platform in platforms()
        if not platform.reads_a_database and holds_export_of(platform, path)
    ]
    if not findings and any(
        name == f"{table}{suffix}"
        for table in RAW_TABLE_NAMES
        for suffix in SUFFIXES
        for name in names
    ):
        raise PipelineError(
            f"{folder} holds raw files, not an export; build with: "
            + typed(f"build --raw {shlex.quote(folder)}")
        )
    return findings, [] if findings else list(_likeness(path))


def _finding(
    platform: Platform, folder: str, known_statuses: Path, reporter: Reporter
) -> Finding:
    try:
        with read_export(platform, folder, reporter) as export:
            return Finding(
                platform=platform,
                files=tuple(export.names),
                rows=tuple((table.name, export.rows_of(table)) for table in RAW_TABLES),
                facts=tuple(_facts(export, known_statuses)),
                problem=None,
            )
    except PipelineError as error:
        return Finding(platform, (), (), (), str(error))


def _facts(export: Import, known_statuses: Path) -> Iterator[tuple[str, str]]:
    ((first, last, orders),) = export.rows(
        "select min(left(order_date, 10)), max(left(order_date, 10)), count(*) "
        "from raw_orders"
    )
    yield "dates", f"{first} to {last}"
    if export.has_column("raw_orders", "currency"):
        codes = export.rows(
            "select distinct currency from raw_orders where currency is not null"
        )
        yield "currency", ", ".join(sorted(code for (code,) in codes)) or "not said"
    yield "orders", f"{orders:,}"
    for left_out in export.left_out():
        amount = f", {left_out.amount}" if left_out.amount is not None else ""
        yield "left out", f"{left_out.reason}: {left_out.rows:,} rows{amount}"
    for reason, rows, example in export.rows(_REJECTED):
        if rows:
            yield "would be rejected", f"{reason}: {rows:,} lines, such as {example!r}"
    with known_statuses.open(encoding="utf-8", newline="") as stream:
        known = {row["status"] for row in csv.DictReader(stream)}
    for status, rows in export.rows(
        "select lower(trim(status)), count(*) from raw_orders "
        "where status is not null group by all order by all"
    ):
        if status not in known:
            yield (
                "would be no sale",
                f"orders of the status {status!r}, which order_status_map.csv does "
                f"not know: {rows:,}",
            )


def _likeness(folder: Path) -> Iterator[str]:
    """For each file, the table of all platforms that lacks the fewest columns."""
    with ExitStack() as opened:
        best: dict[str, tuple[float, Platform, ExportFile]] = {}
        for platform in platforms():
            connection = opened.enter_context(duckdb.connect())
            tables = platform.declare(connection)
            for file in files_with_tables(folder, tables, opened):
                score = _likeness_of(file)
                if score > best.get(file.path.name, (0.0,))[0]:
                    best[file.path.name] = score, platform, file
        for name, (_, platform, file) in sorted(best.items()):
            yield (
                f"{name} is most like {platform.name}'s {file.table.name}: "
                f"{what_is_missing(file).partition(': ')[2]}"
                if file.header.missing
                else f"{name} is {platform.name}'s {file.table.name}; its other files "
                "are missing"
            )


def _likeness_of(file: ExportFile) -> float:
    required: Sequence[str] = file.table.required
    return (len(required) - len(file.header.missing)) / max(len(required), 1)
