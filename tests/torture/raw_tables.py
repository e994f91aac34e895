"""Load folders into an engine again and again, and look at its raw tables."""

from pathlib import Path

from pipeline.load import load
from pipeline.raw_files.contract import RawTable
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import engine_for, reader_for
from tests.torture.contract_reader import Row

SCHEMA = "torture"
SERVERS = ("postgres", "spark")


class Target:
    """A database of an engine: a file, or a schema on a server.

    Attributes:
        name: What the command line calls it.
    """

    def __init__(self, target: str, database: Path) -> None:
        self.name = SCHEMA if target in SERVERS else str(database)
        self._engine = engine_for(target, self.name)
        self._file = None if target in SERVERS else database

    def load(self, folder: Path) -> None:
        """Load a folder in place; raises what `load` raises."""
        load(self._engine, str(folder), Reporter())

    def rows(self, table: RawTable) -> list[Row]:
        """All rows of a raw table; none where there is no such table."""
        if self._file is not None and not self._file.exists():
            return []
        with reader_for(str(self._engine.published)) as reader:
            if table.name not in reader.tables:
                return []
            return [tuple(row) for row in reader.rows(table.name, table.columns)]
