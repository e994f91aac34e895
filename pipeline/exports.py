"""The exports that were made of a warehouse, so that they can be made anew.

A journal beside the warehouse says where to, in which format, and of which version. An
export that was moved or copied is known to nobody.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.build_record import BUILD_INFO
from pipeline.errors import PipelineError
from pipeline.export import export
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import open_reader, reader_for
from pipeline.warehouse.engine import EXPORTS, Engine


def export_and_note(
    engine: Engine, kind: str, out: Path, reporter: Reporter
) -> dict[str, int]:
    """`export` of the published version, and note that it was made."""
    with open_reader(engine.published) as reader:
        if BUILD_INFO in reader.tables:
            built_at = reader.fetch(f"select built_at from {BUILD_INFO}")[0][0]  # noqa: S608
            # Before it is made: a kill must not leave one that nobody knows.
            _note(engine, kind, out, str(built_at), reporter)
        return export(reader, kind, out, reporter)


def _note(
    engine: Engine, kind: str, out: Path, built_at: str, reporter: Reporter
) -> None:
    path = str(out.resolve())
    record = {"path": path, "format": kind, "built_at": built_at}
    journal = engine.journal(EXPORTS)
    try:
        if record not in journal.records():
            journal.append(record)
    except (OSError, PipelineError) as error:  # who may only read may export
        reporter.warn(
            f"{journal.location} cannot be written ({error}): when a customer is "
            f"erased, {out} will not be made anew"
        )


def renew_exports(engine: Engine, reporter: Reporter) -> Iterator[str]:
    """Make those anew that are still where they were made.

    Yields:
        Why one could not be made.
    """
    made: dict[tuple[str, str], set[str]] = {}
    with suppress(TypeError, KeyError):
        for record in engine.journal(EXPORTS).records():
            place = str(record["path"]), str(record["format"])
            made.setdefault(place, set()).add(str(record["built_at"]))
    for (path, kind), versions in made.items():
        out = Path(path)
        try:
            if not out.exists() or _built_at(kind, out) not in versions:
                continue  # gone, or another warehouse's by now
            export_and_note(engine, kind, out, reporter)
        except (OSError, PipelineError) as error:
            yield f"{out} could not be exported anew ({error}); delete it, or mend that"
        else:
            reporter.say(f"exported anew: {out}")


def _built_at(kind: str, out: Path) -> str | None:
    """The version that an export is of; None where it is no export of that format."""
    if out.is_dir() != (kind == "parquet"):
        return None
    if kind == "parquet":
        path = out / f"{BUILD_INFO}.parquet"
        if not path.exists():
            return None
        try:
            rows = pq.read_table(path, columns=["built_at"])["built_at"].to_pylist()
        except (ValueError, KeyError) as error:  # as pyarrow says that it is none
            raise PipelineError(f"{path} cannot be read: {error}") from None
    else:
        with reader_for(str(out)) as reader:
            if BUILD_INFO not in reader.tables:
                return None
            rows = [at for (at,) in reader.fetch(f"select built_at from {BUILD_INFO}")]  # noqa: S608
    return str(rows[0]) if rows else None
