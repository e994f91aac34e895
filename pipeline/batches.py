"""Batches: what changed, in the place of what a warehouse holds of it.

A batch is a folder of raw files with whole orders. For each of its orders, header and
lines replace those held; customers and products replace by their keys; all else stays.
So a late, a changed, a shrunken and a repeated order come out right, in whatever order
batches come. `raw_batches` has what each of them did.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from pipeline.erasures import Erasures
from pipeline.errors import RawFileError
from pipeline.raw_files.contract import (
    RAW_BATCHES,
    RAW_BATCHES_COLUMNS,
    RAW_LOADS,
    RAW_LOADS_COLUMNS,
    RAW_TABLE_NAMES,
    RawBatch,
    RawLoad,
)
from pipeline.raw_files.header import listed
from pipeline.raw_files.raw_folder import CheckedFolder
from pipeline.records import rows_of
from pipeline.terminal.printable import printable
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.append import Appended, AppendedRows
from pipeline.warehouse.engine import Engine


def next_batch_id(ledger: Sequence[RawBatch]) -> int:
    """The number after the last one; the clock has no say in it."""
    return max((batch.batch_id for batch in ledger), default=0) + 1


def with_full_load(engine: Engine, checked: CheckedFolder) -> list[RawBatch]:
    """The ledger with a load at its end that replaces everything."""
    ledger = engine.published_batches()
    replaced = {
        load.raw_table: load.row_count
        for load in engine.published_loads()
        if load.source == "load"
    }
    rows = {
        file.table.name: AppendedRows(
            new=file.row_count,
            replaced=replaced.get(file.table.name, 0),
            held=file.row_count,
        )
        for file in checked.files
    }
    return [*ledger, *_batch(checked, next_batch_id(ledger), "full", rows)]


def _batch(
    checked: CheckedFolder,
    batch_id: int,
    kind: str,
    rows: Mapping[str, AppendedRows],
) -> list[RawBatch]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        RawBatch(
            batch_id=batch_id,
            raw_table=file.table.name,
            kind=kind,
            loaded_at=now,
            origin=printable(checked.origin),
            platform=checked.platform,
            file_hash=file.sha256,
            row_count=file.row_count,
            new_rows=rows[file.table.name].new,
            replaced_rows=rows[file.table.name].replaced,
        )
        for file in checked.files
    ]


@contextmanager
def blamed_on(position: int) -> Iterator[None]:
    """Let a fault of raw files say which of several batches has it."""
    try:
        yield
    except RawFileError as error:
        error.batch = position
        raise


def require_whole_batches(batches: Sequence[CheckedFolder]) -> None:
    """Refuse headers without lines, and lines without headers, before all else.

    A file that was lost on its way must not take every line with it.

    Raises:
        RawFileError: Which half there is.
    """
    for position, checked in enumerate(batches):
        rows = {file.table.name: file.row_count for file in checked.files}
        orders, lines = rows["raw_orders"], rows["raw_order_items"]
        if bool(orders) != bool(lines):
            with blamed_on(position):
                raise RawFileError(
                    f"half a batch: {orders:,} rows in raw_orders and {lines:,} in "
                    "raw_order_items; a batch holds whole orders, headers and lines"
                )


def append_batches(
    engine: Engine,
    batches: Sequence[CheckedFolder],
    loads: Sequence[RawLoad],
    erasures: Erasures,
    reporter: Reporter,
) -> int:
    """Put batches into the build area, which took the published raw tables over.

    Args:
        engine: Where to; it holds its lock.
        batches: The files of each batch; a later one replaces what an earlier brought.
        loads: What is known of the tables taken over.
        erasures: Whom they must not bring back.
        reporter: Told what happens.

    Returns:
        The rows of the batches.

    Raises:
        RawFileError: One is half a batch, or its files changed.
    """
    ledger = engine.published_batches() or _ledger_of(loads)
    held = {load.raw_table: load for load in loads}
    changed: set[str] = set()
    row_count = 0
    for position, checked in enumerate(batches):
        with blamed_on(position):
            batch, appended = _append_batch(engine, checked, ledger, erasures, reporter)
        ledger += batch
        for name, rows in appended.rows.items():
            held[name] = RawLoad(
                raw_table=name,
                source="load",
                origin=printable(checked.origin),
                row_count=rows.held,
                loaded_at=batch[0].loaded_at,
            )
        changed |= appended.rows.keys()
        row_count += sum(each.row_count for each in batch)
    for name in changed:
        held[name] = replace(held[name], table_hash=engine.raw_hash(name))
    engine.write_table(RAW_LOADS, RAW_LOADS_COLUMNS, rows_of(held.values()))
    engine.write_table(RAW_BATCHES, RAW_BATCHES_COLUMNS, rows_of(ledger))
    return row_count


def _append_batch(
    engine: Engine,
    checked: CheckedFolder,
    ledger: Sequence[RawBatch],
    erasures: Erasures,
    reporter: Reporter,
) -> tuple[list[RawBatch], Appended]:
    """Its rows of the ledger, and what it did to the raw tables."""
    batch_id = next_batch_id(ledger)
    _say_if_repeated(checked, ledger, reporter)
    erasures.keep_out(checked.files, reporter)
    files = [file for file in checked.files if file.row_count]
    size = sum(file.size for file in files)
    with reporter.task("appending raw files", size) as task:
        held_id = max(each.batch_id for each in ledger if each.kind == "full")
        appended = engine.append_raw(files, batch_id, held_id, task.advance)
    nothing = dict.fromkeys(RAW_TABLE_NAMES, AppendedRows(0, 0, 0))
    batch = _batch(checked, batch_id, "append", {**nothing, **appended.rows})
    _say_what_it_did(batch, appended, reporter)
    return batch, appended


def _ledger_of(loads: Sequence[RawLoad]) -> list[RawBatch]:
    """The ledger of a warehouse that was loaded before there were batches."""
    return [
        RawBatch(
            batch_id=1,
            raw_table=load.raw_table,
            kind="full",
            loaded_at=load.loaded_at,
            origin=load.origin,
            platform=None,
            file_hash=load.file_hash,
            row_count=load.row_count,
            new_rows=load.row_count,
            replaced_rows=0,
        )
        for load in loads
    ]


def _say_if_repeated(
    checked: CheckedFolder, ledger: Sequence[RawBatch], reporter: Reporter
) -> None:
    files = {file.table.name: file.sha256 for file in checked.files}
    before: dict[int, dict[str, str | None]] = {}
    for batch in ledger:
        before.setdefault(batch.batch_id, {})[batch.raw_table] = batch.file_hash
    same = [number for number, hashes in before.items() if hashes == files]
    if same:
        reporter.say(f"these are the files of batch {same[-1]} once more")


def _say_what_it_did(
    batch: Sequence[RawBatch], appended: Appended, reporter: Reporter
) -> None:
    did = [
        f"{each.raw_table} {each.new_rows:,} new of {each.row_count:,} rows, "
        f"in the place of {each.replaced_rows:,}"
        for each in batch
        if each.row_count
    ]
    reporter.say(f"batch {batch[0].batch_id}: {'; '.join(did) or 'no rows'}")
    if appended.emptied:
        reporter.warn(
            f"{len(appended.emptied):,} orders of the batch that had lines have none "
            f"any more: {listed(appended.emptied)}"
        )
    latest, held = appended.latest, appended.latest_held
    if latest is not None and held is not None and latest < held:
        reporter.say(
            f"a late batch: its latest order is of {latest}, and the warehouse has "
            f"orders until {held}"
        )
