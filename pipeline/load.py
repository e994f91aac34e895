"""Load a folder of raw files: the contract checked first, then one transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_TABLES
from pipeline.raw_files.header import listed
from pipeline.raw_files.raw_file import AbsentFile, RawFile
from pipeline.raw_files.raw_folder import entries_of, find_raw_file
from pipeline.terminal.interrupts import work_is_done
from pipeline.terminal.printable import printable
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.engine import Engine, RawLoad


@dataclass(frozen=True)
class CheckedFolder:
    """Raw files that hold to the contract.

    Attributes:
        origin: The folder, as it was given, or what its files were made from.
        files: One for each raw table, in contract order, checked and held open.
        close: Lets go of them.
    """

    origin: str
    files: tuple[RawFile, ...]
    close: Callable[[], None]

    @property
    def bytes_to_read(self) -> int:
        """How much one pass over all files reads."""
        return sum(file.size for file in self.files)


def check_folder(
    folder: str, reporter: Reporter, origin: str | None = None
) -> CheckedFolder:
    """Check every file of a folder, whole, before anything is written.

    Args:
        folder: Where they are.
        reporter: Told what happens.
        origin: What the files were made from, if it is not the folder itself.

    Raises:
        PipelineError: What does not hold to the contract: of every file the first
            fault.
    """
    faults: list[str] = []
    files: list[RawFile] = []
    path = Path(folder)
    entries = entries_of(path)
    with ExitStack() as held:
        for table in RAW_TABLES:
            with _collected(faults):
                files.append(find_raw_file(table, path, entries))
                held.callback(files[-1].close)
        size = sum(file.size for file in files)
        with reporter.task("checking raw files", size) as task:
            for file in files:
                task.doing(file.path.name)
                with _collected(faults):
                    file.check(task.advance)
                    _tell_what_is_odd(file, reporter)
        if faults:
            what = _in_one_line(faults)
            if all(isinstance(file, AbsentFile) for file in files):
                what += f"; of a platform's export: python -m pipeline doctor {folder}"
            raise PipelineError(what)
        return CheckedFolder(origin or folder, tuple(files), held.pop_all().close)


def _tell_what_is_odd(file: RawFile, reporter: Reporter) -> None:
    if isinstance(file, AbsentFile):
        reporter.warn(f"there is no {file.path.name}; the table will have no rows")
    if file.header.unknown:
        plural = "s" if len(file.header.unknown) > 1 else ""
        reporter.warn(
            f"{file.path.name}: unknown column{plural} ignored: "
            f"{listed(file.header.unknown)}"
        )


@contextmanager
def _collected(faults: list[str]) -> Iterator[None]:
    """Keep a fault for later, so that all of them are told at once."""
    try:
        yield
    except PipelineError as error:
        faults.append(str(error))


def _in_one_line(faults: Sequence[str]) -> str:
    if len(faults) == 1:
        return faults[0]
    numbered = (f"({number}) {fault}" for number, fault in enumerate(faults, start=1))
    return f"{len(faults)} faults: {'; '.join(numbered)}"


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
    with reporter.task("loading raw files", checked.bytes_to_read) as task:
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
