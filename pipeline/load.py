"""Load a folder of raw files: the contract checked first, then one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.engines.base import Engine, RawLoad
from pipeline.interrupts import work_is_done
from pipeline.progress import Reporter
from pipeline.raw_file import RawFile
from pipeline.raw_folder import find_raw_files


@dataclass(frozen=True)
class CheckedFolder:
    """Four raw files that hold to the contract.

    Attributes:
        origin: The folder, as it was given.
        files: The files, in contract order, checked.
    """

    origin: str
    files: tuple[RawFile, ...]

    @property
    def bytes_to_read(self) -> int:
        """How much one pass over all files reads."""
        return sum(file.size for file in self.files)


def check_folder(folder: str, reporter: Reporter) -> CheckedFolder:
    """Check every file of a folder, whole, before anything is written.

    Raises:
        PipelineError: The first thing that does not hold to the contract.
    """
    files = find_raw_files(Path(folder))
    checked = CheckedFolder(folder, tuple(files))
    with reporter.task("checking raw files", checked.bytes_to_read) as task:
        for file in files:
            task.doing(file.path.name)
            file.check(task.advance)
    for file in files:
        if file.header.unknown:
            plural = "s" if len(file.header.unknown) > 1 else ""
            reporter.warn(
                f"{file.path.name}: unknown column{plural} ignored: "
                f"{', '.join(file.header.unknown)}"
            )
    return checked


def load_folder(
    engine: Engine, checked: CheckedFolder, reporter: Reporter, *, in_place: bool
) -> Sequence[RawLoad]:
    """Replace the raw tables by the files of a folder, in one transaction.

    Returns:
        What `raw_loads` now says.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    loads = [
        RawLoad(file.table.name, "load", checked.origin, file.row_count, now)
        for file in checked.files
    ]
    with reporter.task("loading raw files", checked.bytes_to_read) as task:
        engine.load_raw(checked.files, loads, task.advance, in_place=in_place)
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
    with reporter.stage("check"):
        checked = check_folder(folder, reporter)
    engine.check_published()
    with engine.lock(), reporter.stage("load"):
        loads = load_folder(engine, checked, reporter, in_place=True)
        work_is_done()
    return loads
