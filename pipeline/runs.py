"""The runs of a warehouse: each build and each rollback, and what came of it.

A run says in the journal that it begins and how it ended. Whoever comes next under the
lock sees who began and never ended: it died, or its version is published all the same,
and it was killed after that was decided. A version that is published takes all of them
over, in `pipeline_runs`, for those who may only read.

There is no value of a row in it, and nobody's data: why a run failed is said by its
kind, and the log says more.
"""

import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from pipeline.build_record import BUILD_INFO, BuildInfo, RowsByReason, Stages
from pipeline.dbt.nodes import Node
from pipeline.errors import PipelineError
from pipeline.journal import PIPELINE_RUNS, Record
from pipeline.raw_files.contract import RAW_BATCHES
from pipeline.records import columns_of, rows_of
from pipeline.terminal.printable import printable
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import open_reader
from pipeline.warehouse.engine import Engine

# How many are remembered: five years of nights.
MOST_RUNS = 2_000

PUBLISHED, FAILED, INTERRUPTED, DIED = "published", "failed", "interrupted", "died"
RUNNING = "running"
_KILLED = "killed, or the machine stopped"


@dataclass(frozen=True)
class Run:
    """A row of `pipeline_runs`.

    Attributes:
        started_at: UTC, ISO 8601.
        ended_at: The same; of the run that made a version, when it was about to publish
            it. None where nobody saw the end.
        outcome: `published`, `failed`, `interrupted`, `died`; `running` until it ends.
        reason: Why nothing was published, or why nobody saw the end.
        version: The `built_at` of the version that was published; of one that runs,
            of the version that a rollback is about to publish.
        batch: The last batch among its raw rows; None where there are no batches.
        rows_in: Rows of the raw tables: those accepted and those rejected.
        seconds: How long it took.
        stage_seconds: The same of each stage, a JSON object.
    """

    run_id: str
    command: str
    started_at: str
    ended_at: str | None = None
    outcome: str = RUNNING
    reason: str | None = None
    version: str | None = None
    source: str | None = None
    batch: int | None = None
    rows_in: int | None = None
    rows_accepted: int | None = None
    rows_rejected: int | None = None
    tests_passed: int | None = None
    tests_warned: int | None = None
    tests_failed: int | None = None
    seconds: float | None = None
    stage_seconds: str | None = None
    project_version: str | None = None
    engine_version: str | None = None


_TYPES = dict(columns_of(Run))
_PYTHON: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "real": (int, float),
}
_REQUIRED = ("run_id", "command", "started_at", "outcome")


class Recorder:
    """Follows one run, and writes down what is known of it. Never stops it.

    Attributes:
        run: What is known so far.
        stages: What took how long.
        died: When those runs before it began that are seen to have died.
    """

    def __init__(self, engine: Engine, command: str, reporter: Reporter) -> None:
        self._engine, self._reporter = engine, reporter
        self._start = time.monotonic()
        # The clock may jump, or stand still: it is not what tells two runs apart.
        self.run = Run(f"{_now()}-{secrets.token_hex(4)}", command, _now())
        self.stages = Stages()
        self.died: list[str] = []
        self._is_ours = False
        self._before: list[Run] = []

    def may_write(self) -> None:
        """The target was seen to be ours: from now on the run is written down."""
        self._is_ours = True

    def begin(self) -> None:
        """Say that it begins, and what came of those before. Holding the lock."""
        with self._attempt():
            self.may_write()
            journal = self._engine.journal()
            records = journal.records()
            self._before, ended = _settled(runs(self._engine), records, self._engine)
            for run in ended:
                journal.append(asdict(run))
                if run.outcome == DIED:
                    self.died.append(run.started_at)
            if len(records) > 3 * MOST_RUNS:
                journal.replace(map(asdict, self._before))
            journal.append(asdict(self.run))

    def know(self, **facts: Any) -> None:
        """What became known of the run."""
        self.run = replace(self.run, **facts)

    def count_tests(self, nodes: Iterable[Node]) -> None:
        """How the tests came out."""
        statuses = [node.status for node in nodes if node.test]
        passed, warned = statuses.count("pass"), statuses.count("warn")
        self.know(
            tests_passed=passed,
            tests_warned=warned,
            tests_failed=len(statuses) - passed - warned,
        )

    def write(
        self,
        info: BuildInfo,
        raw_rows: int,
        rejected: Sequence[RowsByReason],
    ) -> None:
        """Write all runs into the build area: they are published with it."""
        rejects = sum(each.rows for each in rejected)
        self.know(
            version=info.built_at,
            source=info.source,
            batch=_last_batch(self._engine),
            rows_in=raw_rows,
            rows_accepted=raw_rows - rejects,
            rows_rejected=rejects,
            engine_version=info.engine_version,
            project_version=info.project_version,
            **self._times(),
        )
        published = replace(self.run, ended_at=_now(), outcome=PUBLISHED)
        rows = [*self._before, published][-MOST_RUNS:]
        self._engine.write_table(PIPELINE_RUNS, columns_of(Run), rows_of(rows))

    def go_back_to(self, version: str | None) -> None:
        """Say which version is about to be published again."""
        self.know(version=version)
        with self._attempt():
            self._engine.journal().append(asdict(self.run))

    def end(self, outcome: str, reason: str | None = None) -> None:
        """Write down how it ended."""
        with self._attempt():
            version = self.run.version if outcome == PUBLISHED else None
            self.know(ended_at=_now(), outcome=outcome, reason=reason, version=version)
            self.know(**self._times())
            if self._is_ours:
                self._engine.journal().append(asdict(self.run))

    def _times(self) -> dict[str, Any]:
        seconds = {name: round(stage.seconds, 3) for name, stage in self.stages.items()}
        return {
            "seconds": round(time.monotonic() - self._start, 3),
            "stage_seconds": json.dumps(seconds) if seconds else None,
        }

    @contextmanager
    def _attempt(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # whatever it is, the run is worth more
            self._reporter.warn(f"the run could not be written down: {error}")


@contextmanager
def recorded(engine: Engine, command: str, reporter: Reporter) -> Iterator[Recorder]:
    """Follow a run to its end, however it ends."""
    recorder = Recorder(engine, command, reporter)
    try:
        yield recorder
    except BaseException as error:
        if recorder.run.outcome == PUBLISHED:
            recorder.end(PUBLISHED)
        elif isinstance(error, KeyboardInterrupt):
            recorder.end(INTERRUPTED)
        else:
            recorder.end(FAILED, reason_of(error))
        raise
    recorder.end(PUBLISHED)


def runs(engine: Engine) -> list[Run]:
    """All runs that are known, the oldest first: of the warehouse and the journal."""
    known: dict[str, Run] = {}
    for record in (*_published(engine), *engine.journal().records()):
        run = _run_of(record)
        if run is None:
            continue
        earlier = known.get(run.run_id)
        # What the warehouse says is published is; and an end is more than a beginning.
        if earlier is None or earlier.outcome == RUNNING or run.outcome == PUBLISHED:
            known[run.run_id] = run
    return list(known.values())[-MOST_RUNS:]


def _last_batch(engine: Engine) -> int | None:
    if not engine.has_table(RAW_BATCHES):
        return None
    ((batch,),) = engine.query(f"select max(batch_id) from {RAW_BATCHES}")  # noqa: S608
    return None if batch is None else int(batch)


def _settled(
    known: Iterable[Run], records: Iterable[Record], engine: Engine
) -> tuple[list[Run], list[Run]]:
    """All runs; and those that never said in the journal how they ended.

    Nobody else is running, and what was killed while it published was finished.
    """
    said = [run for record in records if (run := _run_of(record))]
    last = {run.run_id: run.outcome for run in said}
    settled, ended = [], []
    for run in known:
        if last.get(run.run_id) == RUNNING:
            run = _ended(run, engine)
            ended.append(run)
        settled.append(run)
    return settled, ended


def _ended(run: Run, engine: Engine) -> Run:
    """What came of a run that never said so: the published version tells.

    It knows the build that made it, and nothing of a rollback to it.
    """
    is_published = run.outcome == PUBLISHED or (
        run.version is not None and run.version == _published_version(engine)
    )
    if is_published:
        return replace(run, outcome=PUBLISHED, reason=f"{_KILLED}, as it ended")
    return replace(run, outcome=DIED, reason=_KILLED, version=None)


def _published_version(engine: Engine) -> str | None:
    """The `built_at` of the published version, if it says so."""
    try:
        with open_reader(engine.published) as reader:
            found = reader.fetch(f"select built_at from {BUILD_INFO}")  # noqa: S608
    except PipelineError:  # there is none, or it is damaged
        return None
    return str(found[0][0]) if found else None


def _published(engine: Engine) -> Iterator[Record]:
    if engine.published.is_file and not engine.published.path.exists():
        return
    try:
        with open_reader(engine.published) as reader:
            if PIPELINE_RUNS not in reader.tables:
                return
            columns = list(reader.tables[PIPELINE_RUNS])
            for batch in reader.scan(PIPELINE_RUNS):
                for row in batch:
                    yield dict(zip(columns, row, strict=True))
    except PipelineError:  # it is damaged, or left half written: others say so
        return


def _run_of(record: Record) -> Run | None:
    """A record as a run, if it can be one; columns of another version are left out."""
    found: dict[str, Any] = {}
    for field in fields(Run):
        value = record.get(field.name)
        kinds = (*_PYTHON[_TYPES[field.name]], type(None))
        if isinstance(value, bool) or not isinstance(value, kinds):
            return None
        found[field.name] = value
    if any(found[name] is None for name in _REQUIRED):
        return None
    return Run(**found)


def reason_of(error: BaseException) -> str:
    """Why a run failed, by its kind: messages may quote what stands in a row."""
    if isinstance(error, PipelineError):
        return error.kind
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno).lower()
    return printable(type(error).__name__)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
