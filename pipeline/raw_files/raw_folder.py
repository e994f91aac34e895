"""Find the raw files in a folder, and check all of them."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import RawFileError
from pipeline.installation import typed
from pipeline.raw_files.contract import RAW_TABLE_NAMES, RAW_TABLES, SUFFIXES, RawTable
from pipeline.raw_files.csv_files import CsvFile
from pipeline.raw_files.header import listed
from pipeline.raw_files.held_file import cannot_be_read
from pipeline.raw_files.parquet_files import ParquetFile
from pipeline.raw_files.raw_file import AbsentFile, RawFile
from pipeline.terminal.progress import Reporter


@dataclass(frozen=True)
class CheckedFolder:
    """Raw files that hold to the contract.

    Attributes:
        origin: The folder, as it was given, or what its files were made from.
        platform: The platform whose export they were made from; None for raw files.
        files: One for each raw table, in contract order, checked and held open.
    """

    origin: str
    platform: str | None
    files: tuple[RawFile, ...]

    def close(self) -> None:
        """Let go of the files."""
        for file in self.files:
            file.close()


def check_folder(
    folder: str,
    reporter: Reporter,
    origin: str | None = None,
    platform: str | None = None,
    *,
    is_batch: bool = False,
) -> CheckedFolder:
    """Check every file of a folder, whole, before anything is written.

    Of a batch any file may be absent, or without rows.

    Raises:
        RawFileError: What does not hold to the contract: of every file the first fault.
    """
    faults: list[str] = []
    files: list[RawFile] = []
    path = Path(folder)
    entries = _entries(path)
    with ExitStack() as opened:
        for table in RAW_TABLES:
            if is_batch:
                table = replace(table, is_optional=True)
            with _collected(faults):
                files.append(_find_file(table, path, entries))
                opened.callback(files[-1].close)
        size = sum(file.size for file in files)
        with reporter.task("checking raw files", size) as task:
            for file in files:
                task.doing(file.path.name)
                with _collected(faults):
                    file.check(task.advance)
                    _warn_of_oddities(file, reporter, is_batch=is_batch)
        if is_batch and not faults and all(isinstance(f, AbsentFile) for f in files):
            faults.append(
                f"{folder} has no raw file; expected one of {listed(RAW_TABLE_NAMES)}"
            )
        if faults:
            what = _in_one_line(faults)
            if all(isinstance(file, AbsentFile) for file in files):
                what += "; of a platform's export: " + typed(
                    f"doctor {shlex.quote(folder)}"
                )
            raise RawFileError(what)
        opened.pop_all()
    return CheckedFolder(origin or folder, platform, tuple(files))


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, sorted."""
    if not folder.exists():
        raise RawFileError(
            f"the folder {folder} does not exist; expected one with the raw files"
        )
    if not folder.is_dir():
        raise RawFileError(f"{folder} is not a folder; expected one with raw files")
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise cannot_be_read(folder, error) from None


def _find_file(table: RawTable, folder: Path, entries: Sequence[Path]) -> RawFile:
    """The file of one table, open and not yet checked."""
    wanted = [f"{table.name}{suffix}" for suffix in SUFFIXES]
    found = [path for path in entries if path.name.lower() in wanted]
    if len(found) > 1:
        raise RawFileError(
            f"{folder}: {table.name} is there twice "
            f"({' and '.join(path.name for path in found)}); keep one of them"
        )
    if not found:
        others = [path.name for path in entries if path.name.startswith(table.name)]
        if table.is_optional and not others:
            return AbsentFile(table, folder / table.name)
        hint = f" ({others[0]} is none of these)" if others else ""
        raise RawFileError(
            f"{folder}: {table.name} is missing; expected one of "
            f"{', '.join(wanted)}{hint}"
        )
    (path,) = found
    is_parquet = path.name.lower().endswith(".parquet")
    return ParquetFile(table, path) if is_parquet else CsvFile(table, path)


def _warn_of_oddities(file: RawFile, reporter: Reporter, *, is_batch: bool) -> None:
    if isinstance(file, AbsentFile) and not is_batch:
        reporter.warn(f"there is no {file.path.name}; the table will have no rows")
    if file.header.unknown:
        plural = "s" if len(file.header.unknown) > 1 else ""
        reporter.warn(
            f"{file.path.name}: unknown column{plural} ignored: "
            f"{listed(file.header.unknown)}"
        )


@contextmanager
def _collected(faults: list[str]) -> Iterator[None]:
    """Keep a fault for later, so that one line names all of them."""
    try:
        yield
    except RawFileError as error:
        faults.append(str(error))


def _in_one_line(faults: Sequence[str]) -> str:
    if len(faults) == 1:
        return faults[0]
    numbered = (f"({number}) {fault}" for number, fault in enumerate(faults, start=1))
    return f"{len(faults)} faults: {'; '.join(numbered)}"
