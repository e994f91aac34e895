"""Check a published warehouse, without building and without writing anything.

That the engine can read all of it, that its raw rows are those that were loaded, that
it has the tables and columns of the project, and that the tests of a build, which
reconcile its tables with each other, hold for what is there.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.build_record import BUILD_INFO, BuildInfo, as_built
from pipeline.dbt.run import CompiledTest, DbtSession
from pipeline.errors import PipelineError
from pipeline.raw_files.contract import (
    RAW_LOADS,
    RAW_LOADS_COLUMNS,
    RAW_TABLES,
    RawLoad,
)
from pipeline.records import columns_of
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import open_reader
from pipeline.warehouse.engine import Engine
from pipeline.warehouse.reader import Reader


def verify(engine: Engine, reporter: Reporter) -> Iterator[str]:
    """What is wrong with a published warehouse, a line a fault.

    Args:
        engine: Where it is.
        reporter: Told what is being checked.

    Raises:
        PipelineError: There is no such warehouse, it cannot be opened, or it does not
            say how it was built.
    """
    with open_reader(engine.published) as reader:
        if RAW_LOADS not in reader.tables:
            raise PipelineError(f"{engine.location} holds no warehouse of this project")
        reporter.say(f"reading all of {engine.location}")
        damage = list(reader.damage())
        yield from damage
        if damage:
            return
        yield from _changed_raw_tables(reader, engine.published_loads())
        with tempfile.TemporaryDirectory(prefix="verify-") as folder:
            session = _session(engine, reader, Path(folder))
            expected = {
                RAW_LOADS: [name for name, _ in RAW_LOADS_COLUMNS],
                BUILD_INFO: [name for name, _ in columns_of(BuildInfo)],
                **{table.name: sorted(table.required) for table in RAW_TABLES},
                **session.tables(),
            }
            missing = list(_missing(reader, expected))
            yield from missing
            if missing:
                reporter.warn("its tables are not those of this project: no test ran")
                return
            tests = session.compiled_tests()
        yield from _failed_tests(reader, tests, reporter)


def _session(engine: Engine, reader: Reader, folder: Path) -> DbtSession:
    """The project as the warehouse was built with, on an empty database in a folder.

    dbt only writes the tests' SQL there: who opens a file to compile may change it.
    """
    project = as_built(reader)
    return DbtSession(
        project,
        engine.profile,
        engine.scratch_environment(folder),
        project.target_path(f"verify {engine.location}"),
        Reporter(),
    )


def _changed_raw_tables(reader: Reader, loads: Iterable[RawLoad]) -> Iterator[str]:
    columns = {table.name: table.columns for table in RAW_TABLES}
    for load in loads:
        name = load.raw_table
        if name not in columns or name not in reader.tables:
            continue  # what is not there is told with the other tables
        rows = reader.count(name)
        if rows != load.row_count:
            yield f"{name} has {rows:,} rows; {load.row_count:,} were loaded"
        elif load.table_hash is not None:
            held = [column for column in columns[name] if column in reader.tables[name]]
            found = reader.table_hash(name, held)
            is_comparable = found.split(":")[0] == load.table_hash.split(":")[0]
            if is_comparable and found != load.table_hash:
                yield f"{name} is not as it was loaded: its checksum differs"


def _missing(reader: Reader, expected: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for table, columns in sorted(expected.items()):
        found = reader.tables.get(table.lower())
        if found is None:
            yield f"there is no table {table}"
            continue
        lacking = [name for name in columns if name.lower() not in found]
        if lacking:
            yield f"{table} lacks the columns {', '.join(lacking)}"


def _failed_tests(
    reader: Reader, tests: Sequence[CompiledTest], reporter: Reporter
) -> Iterator[str]:
    with reporter.task("testing", len(tests), steps=True) as task:
        for test in tests:
            task.doing(test.name)
            query = f"select count(*) from ({test.sql}) as failures"  # noqa: S608
            try:
                ((rows,),) = reader.fetch(query)
            except PipelineError as error:
                yield f"test {test.name} cannot be run: {error}"
            else:
                if rows:
                    yield f"test {test.name}: {rows:,} rows fail"
            task.advance(1)
