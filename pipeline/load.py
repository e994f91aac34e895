"""Load a folder of raw files: the contract checked first, then one transaction."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime

from pipeline.raw_files.raw_folder import CheckedFolder, check_folder
from pipeline.terminal.interrupts import work_is_done
from pipeline.terminal.printable import printable
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.engine import Engine, RawLoad


def load_folder(
    engine: Engine, checked: CheckedFolder, reporter: Reporter, *, in_place: bool
) -> Sequence[RawLoad]:
    """Replace the raw tables by the files of a folder, in one transaction.

    Returns:
        What `raw_loads` now says.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    loads = [
        RawLoad(
            raw_table=file.table.name,
            source="load",
            origin=printable(checked.origin),
            row_count=file.row_count,
            loaded_at=now,
            file_hash=file.sha256,
        )
        for file in checked.files
    ]
    size = sum(file.size for file in checked.files)
    with reporter.task("loading raw files", size) as task:
        left = engine.load_raw(checked.files, loads, task.advance, in_place=in_place)
    for text in left:
        reporter.warn(text)
    return loads


def load(engine: Engine, folder: str, reporter: Reporter) -> Sequence[RawLoad]:
    """Load a folder into the raw tables of the target, in place.

    A target that does not exist is made.

    Returns:
        What `raw_loads` now says.

    Raises:
        PipelineError: Something was wrong; the target is as it was.
    """
    engine.check_requirements()
    engine.check_published()
    checked = check_folder(folder, reporter)
    with closing(checked), engine.exclusive_use():
        loads = load_folder(engine, checked, reporter, in_place=True)
        work_is_done()
    return loads
