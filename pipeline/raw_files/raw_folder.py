"""Find the raw files in a folder."""

import stat
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.raw_files.contract import SUFFIXES, RawTable
from pipeline.raw_files.csv_files import CsvFile
from pipeline.raw_files.parquet_files import ParquetFile
from pipeline.raw_files.raw_file import AbsentFile, RawFile


def entries_of(folder: Path) -> list[Path]:
    """What is in a folder, sorted.

    Raises:
        PipelineError: It is missing, no folder, or may not be read.
    """
    if not folder.exists():
        raise PipelineError(
            f"the folder {folder} does not exist; expected one with the raw files"
        )
    if not folder.is_dir():
        raise PipelineError(f"{folder} is not a folder; expected one with raw files")
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise PipelineError(
            f"the folder {folder} cannot be read: {error.strerror}"
        ) from None


def find_raw_file(table: RawTable, folder: Path, entries: list[Path]) -> RawFile:
    """The file of one table, not yet checked.

    Raises:
        PipelineError: It is missing, there twice, or no file.
    """
    wanted = [f"{table.name}{suffix}" for suffix in SUFFIXES]
    found = [path for path in entries if path.name.lower() in wanted]
    if len(found) > 1:
        raise PipelineError(
            f"{folder}: {table.name} is there twice "
            f"({' and '.join(path.name for path in found)}); keep one of them"
        )
    if not found:
        others = [path.name for path in entries if path.name.startswith(table.name)]
        if table.is_optional and not others:
            return AbsentFile(table, folder / table.name)
        hint = f" ({others[0]} is none of these)" if others else ""
        raise PipelineError(
            f"{folder}: {table.name} is missing; expected one of "
            f"{', '.join(wanted)}{hint}"
        )
    path = found[0]
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise PipelineError(f"{path} cannot be read: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        raise PipelineError(f"{path} is a folder; expected a file")
    if not stat.S_ISREG(mode):
        raise PipelineError(f"{path} is not a regular file; expected a file")
    if path.name.lower().endswith(".parquet"):
        return ParquetFile(table, path)
    return CsvFile(table, path)
