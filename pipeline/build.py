"""Build the warehouse beside the published one, test it, and publish it.

Write, audit, publish: whatever goes wrong before the last step leaves the published
warehouse as it was.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pipeline.batches import append_batches, blamed_on, require_whole_batches
from pipeline.build_record import (
    BUILD_INFO,
    BuildInfo,
    BuildSummary,
    RowsByReason,
    Stages,
    versions,
)
from pipeline.dbt.nodes import BuildTest
from pipeline.dbt.oddities import advice
from pipeline.dbt.project import Project
from pipeline.dbt.run import DbtBuild, DbtSession
from pipeline.doubts import BUILD_DOUBTS, Doubt, find_doubts, report_doubts
from pipeline.erase import finish_erasures
from pipeline.erasures import Erasures
from pipeline.errors import BuildFailedError, PipelineError
from pipeline.load import load_folder
from pipeline.raw_files.contract import (
    KEY_MAPS,
    RAW_BATCHES,
    RAW_LOADS,
    RAW_LOADS_COLUMNS,
    RAW_TABLE_NAMES,
    RawLoad,
)
from pipeline.raw_files.raw_folder import CheckedFolder, check_folder
from pipeline.records import columns_of, rows_of
from pipeline.runs import PUBLISHED, Recorder, recorded
from pipeline.terminal.interrupts import uninterrupted
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.engine import KEEP_VERSIONS, Engine

AFTER_THE_FIT = "source:predictions+"
_DBT_ITSELF = "dbt itself"


@dataclass(frozen=True)
class Batch:
    """What changed in a shop.

    Attributes:
        folder: Its raw files.
        origin: What they were made from, if it is not the folder itself.
        platform: The platform whose export that was.
    """

    folder: str
    origin: str | None = None
    platform: str | None = None


@dataclass(frozen=True)
class BuildRequest:
    """What to build.

    Attributes:
        raw_folder: Raw files to load first; without it the raw tables are taken over
            from the published warehouse, or are the demo's.
        raw_origin: What they were made from, if it is not the folder itself.
        platform: The platform whose export that was.
        batches: Instead of all raw files: what changed, one after the other.
        full_refresh: Give new surrogate keys to everything.
        accept_changed_raw: Take raw tables over that were changed since they were
            loaded.
        command: What the run is called in the record of runs.
    """

    raw_folder: str | None = None
    raw_origin: str | None = None
    platform: str | None = None
    batches: Sequence[Batch] = ()
    full_refresh: bool = False
    accept_changed_raw: bool = False
    command: str = "build"


def build(
    engine: Engine,
    project: Project,
    request: BuildRequest,
    reporter: Reporter,
    session_type: type[DbtSession] = DbtSession,
) -> BuildSummary:
    """Load if asked to, run models and tests, publish.

    Raises:
        PipelineError: Something was wrong; the published warehouse is as it was.
        KeyboardInterrupt: It was interrupted; the same.
    """
    with recorded(engine, request.command, reporter) as recorder:
        return _build(engine, project, request, reporter, session_type, recorder)


def _build(
    engine: Engine,
    project: Project,
    request: BuildRequest,
    reporter: Reporter,
    session_type: type[DbtSession],
    recorder: Recorder,
) -> BuildSummary:
    started = time.monotonic()
    built_at = datetime.now(UTC).isoformat(timespec="seconds")
    stages = recorder.stages
    engine.check_requirements()
    engine.check_published()
    recorder.may_write()
    with ExitStack() as held:
        checked = []
        if request.raw_folder is not None or request.batches:
            with stages.timed("check raw files"):
                for folder in checked_folders(request, reporter):
                    held.callback(folder.close)
                    checked.append(folder)
        if finished := held.enter_context(engine.exclusive_use()):
            reporter.say(finished)
        recorder.begin()
        erasures = Erasures.of(engine)
        if not request.full_refresh:
            erasures.require_ledger(engine)
        engine.begin_build()
        try:
            fill_raw_tables(engine, request, checked, erasures, reporter, stages)
            session = session_type(
                project,
                engine.profile,
                engine.dbt_environment(),
                project.target_path(engine.build_location),
                reporter,
            )
            dbt_build = _run_models(engine, session, reporter, stages)
            recorder.count_tests(dbt_build.nodes)
            _require_success(engine, dbt_build)
            with stages.timed("doubts"):
                doubts = find_doubts(engine, project.variables, built_at, recorder.died)
                engine.write_table(BUILD_DOUBTS, columns_of(Doubt), rows_of(doubts))
                report_doubts(doubts, built_at, reporter)
            with stages.timed("record"):
                record = _Record(engine, dbt_build)
                info = record.write(project, built_at, started)
                tables = record.count_rows(stages)
                rejected, nulled = record.rejected_rows(), record.nulled_values()
                raw_rows = sum(tables[name] for name in RAW_TABLE_NAMES)
                recorder.write(info, raw_rows, rejected)
        except BuildFailedError:
            raise  # what was built is kept, to be looked at
        except BaseException:
            engine.discard_build()
            raise
        keep_versions = project.variables.get("keep_versions", KEEP_VERSIONS)
        if erasures.pending:  # the versions before hold them
            keep_versions = 0
        with stages.timed("publish"):
            reporter.say(f"publishing {engine.location}")
            with uninterrupted():
                left_undone = engine.publish(int(keep_versions))
                recorder.know(outcome=PUBLISHED)
        if erasures.pending:
            finish_erasures(engine, erasures, reporter)
    for text in left_undone:
        reporter.warn(text)
    return BuildSummary(
        database=engine.location,
        info=info,
        seconds=time.monotonic() - started,
        stages=tuple(stages.values()),
        tables=tables,
        tests=dict(Counter(sorted(n.status for n in dbt_build.nodes if n.test))),
        rejected_rows=rejected,
        nulled_values=nulled,
        doubts=tuple(doubts),
        warnings=tuple(reporter.warnings),
    )


def checked_folders(
    request: BuildRequest, reporter: Reporter
) -> Iterator[CheckedFolder]:
    """The folders to load, in their order, checked and held open.

    Raises:
        RawFileError: One does not hold to the contract.
    """
    if request.raw_folder is not None:
        yield check_folder(
            request.raw_folder, reporter, request.raw_origin, request.platform
        )
    for position, batch in enumerate(request.batches):
        with blamed_on(position):
            checked = check_folder(
                batch.folder, reporter, batch.origin, batch.platform, is_batch=True
            )
        yield checked


def require_shop(engine: Engine) -> None:
    """Refuse what batches cannot change.

    Raises:
        PipelineError: Nothing is published, or the demo's shop.
    """
    published = engine.published_source()
    if published != "load":
        what = f"holds the {published} shop" if published else "holds no shop yet"
        raise PipelineError(
            f"{engine.location} {what}, and a batch says only what changed; begin with "
            "everything: build --raw DIR"
        )


def fill_raw_tables(
    engine: Engine,
    request: BuildRequest,
    checked: Sequence[CheckedFolder],
    erasures: Erasures,
    reporter: Reporter,
    stages: Stages,
) -> None:
    """Load the checked files into the build area, or take the published rows over.

    Batches come into the rows that were taken over.

    Raises:
        PipelineError: The files changed, or the published rows did, since loaded; or
            there is nothing that a batch could change.
    """
    is_full = request.raw_folder is not None
    if not is_full:
        require_whole_batches(checked)
    if is_full:
        with stages.timed("load raw files") as stage:
            (everything,) = checked
            loaded = load_folder(engine, everything, erasures, reporter, in_place=False)
            stage.rows = sum(loaded.values())
    elif checked:
        require_shop(engine)
    published = engine.published_source()
    taken: list[str] = []
    erased = erasures.left_behind(engine)
    # The seeds would bring back whom they hold: their rows become those of a shop.
    is_shop = published == "load" or (published == "demo" and bool(erased))
    takes_rows = is_shop and not is_full
    if takes_rows:
        taken += (*RAW_TABLE_NAMES, RAW_BATCHES)
    # The demo shop's customers are nobody's: a shop that follows it begins at 1.
    demo_ends = is_full and published == "demo"
    if not request.full_refresh and not demo_ends:
        taken += KEY_MAPS
    if not taken:
        return
    with stages.timed("take over") as stage:
        rows = engine.carry_over(taken, erased)
        rows.pop(RAW_BATCHES, None)
        stage.rows = sum(rows.values())
        loads = []
        if takes_rows:
            loads = _take_over_loads(engine, request, rows, erased, reporter)
    if rows:
        reporter.say(
            "took over from the published warehouse: "
            + ", ".join(f"{name} ({count:,})" for name, count in rows.items())
        )
    if checked and not is_full:
        with stages.timed("append batch") as stage:
            stage.rows = append_batches(engine, checked, loads, erasures, reporter)


def _take_over_loads(
    engine: Engine,
    request: BuildRequest,
    rows: Mapping[str, int],
    erased: Mapping[str, str],
    reporter: Reporter,
) -> list[RawLoad]:
    """Take over what is known of the raw tables, if it is true of the published ones.

    Args:
        engine: Where.
        request: Whether changed rows are accepted.
        rows: The rows of each table taken over.
        erased: Whom they were taken over without.
        reporter: Told what cannot be known.

    Returns:
        What `raw_loads` now says.

    Raises:
        PipelineError: One is gone, or was changed since it was loaded.
    """
    loads, changed = [], []
    for load in engine.published_loads():
        name = load.raw_table
        if name in RAW_TABLE_NAMES and (erased or load.table_hash):
            if name not in rows:
                raise PipelineError(
                    f"{engine.location} has no {name} any more; load the raw files "
                    "again: build --raw DIR"
                )
            held = engine.raw_hash(name)
            if load.table_hash is not None:
                was = engine.raw_hash(name, engine.published) if erased else held
                if was.split(":")[0] != load.table_hash.split(":")[0]:
                    reporter.warn(
                        f"{name}: whether it is as it was loaded cannot be told, for "
                        "another version of the engine took its hash"
                    )
                elif was != load.table_hash:
                    changed.append(name)
            # The demo's rows become those of a shop where somebody was erased.
            load = replace(load, source="load", row_count=rows[name], table_hash=held)
        loads.append(load)
    if changed and not request.accept_changed_raw:
        raise PipelineError(
            f"{' and '.join(changed)} in {engine.location} changed since loaded, by "
            "somebody's hand or on a damaged disk; load the raw files again (build "
            "--raw DIR), or take the rows as they are with --accept-changed-raw"
        )
    if changed:
        reporter.warn(f"{' and '.join(changed)} changed since loaded, and taken over")
    engine.write_table(RAW_LOADS, RAW_LOADS_COLUMNS, rows_of(loads))
    return loads


def _run_models(
    engine: Engine, session: DbtSession, reporter: Reporter, stages: Stages
) -> DbtBuild:
    """The models that a fit needs, the fit, and the models that need the fit."""

    def run(**part: Sequence[str]) -> DbtBuild:
        with stages.timed(_DBT_ITSELF):
            try:
                return session.build(**part)
            finally:
                engine.end_dbt()

    # Where raw rows were loaded or taken over, the demo's seeds leave them alone.
    dbt_build = run(exclude=[AFTER_THE_FIT])
    if not dbt_build.failed:
        with stages.timed("fit"):
            _fit(engine, reporter)
        rest = run(select=[AFTER_THE_FIT])
        dbt_build = DbtBuild((*dbt_build.nodes, *rest.nodes), rest.log)
    if not dbt_build.failed:
        _require_tests(session.data_tests(), dbt_build)
    for node in dbt_build.nodes:
        name = "tests" if node.test else node.layer or f"{node.kind}s"
        stages[name].seconds += node.seconds
        stages[_DBT_ITSELF].seconds -= node.seconds
    # With several threads the nodes' seconds add up to more than went by.
    stages[_DBT_ITSELF].seconds = max(stages[_DBT_ITSELF].seconds, 0.0)
    return dbt_build


def _fit(engine: Engine, reporter: Reporter) -> None:
    # scipy takes a while to import, and nothing before needs it.
    from pipeline.clv.warehouse import predict
    from pipeline.forecast.warehouse import forecast_sales

    reporter.say("predicting lifetime values")
    for prediction in predict(engine):
        reporter.say(f"lifetime value, {prediction.summary}")
    for forecast in forecast_sales(engine):
        if forecast.is_all_categories:
            reporter.say(f"sales forecast, {forecast.summary}")


def _require_tests(expected: Mapping[str, str], dbt_build: DbtBuild) -> None:
    ran = {node.unique_id for node in dbt_build.nodes}
    missing = sorted(name for test, name in expected.items() if test not in ran)
    if missing:
        raise PipelineError(
            f"{len(missing)} of {len(expected)} tests did not run, {missing[0]} first; "
            f"nothing was published (log: {dbt_build.log})"
        )


def _require_success(engine: Engine, dbt_build: DbtBuild) -> None:
    if dbt_build.failed:
        first, *others = dbt_build.failed
        more = f" (and {len(others)} more)" if others else ""
        message = first.message.rstrip(".")
        look = f"look into {engine.build_location} and {dbt_build.log}"
        raise BuildFailedError(
            f"{first.kind} {first.name} failed{more}: {message}; "
            f"nothing was published; {advice(message, look)}",
            kind=f"{first.kind} {first.name} failed{more}",
        )
    if skipped := [node for node in dbt_build.nodes if node.status == "skipped"]:
        raise BuildFailedError(
            f"{len(skipped)} models or tests were skipped, {skipped[0].name} first "
            f"(log: {dbt_build.log})",
            kind="models or tests were skipped",
        )


class _Record:
    """What a finished build holds, read from its tables before they are published."""

    def __init__(self, engine: Engine, dbt_build: DbtBuild) -> None:
        self._engine = engine
        self._nodes = dbt_build.nodes
        self._loads = engine.query(
            f"select raw_table, source, origin, row_count from {RAW_LOADS}"  # noqa: S608
        )

    def write(self, project: Project, built_at: str, started: float) -> BuildInfo:
        """Write `build_tests` and `build_info` into the build area."""
        engine = self._engine
        tests = [node.test for node in self._nodes if node.test]
        engine.write_table(
            "build_tests",
            columns_of(BuildTest),
            sorted(rows_of(tests)),
        )
        is_loaded = any(source == "load" for _, source, _, _ in self._loads)
        origins = sorted({str(origin) for _, _, origin, _ in self._loads})
        info = BuildInfo(
            built_at=built_at,
            as_of_date=self._value("as_of_date", "int_as_of_date"),
            source="load" if is_loaded else "demo",
            origin=", ".join(origins) if is_loaded else "seeds",
            currency=self._value("currency", "int_currency"),
            variables=json.dumps(project.variables),
            target=engine.target,
            project_version=project.version,
            engine_version=engine.version,
            duration_seconds=round(time.monotonic() - started, 3),
            **versions(engine.target),
        )
        engine.write_table(BUILD_INFO, columns_of(BuildInfo), rows_of([info]))
        return info

    def _value(self, column: str, model: str) -> str:
        """The value of a table that has one row."""
        ((value,),) = self._engine.query(
            f"select {column} from {model}"  # noqa: S608
        )
        return str(value)

    def count_rows(self, stages: Stages) -> dict[str, int]:
        """The rows of each raw table, star table and report."""
        loaded = {str(table): int(rows) for table, _, _, rows in self._loads}
        counts = {table: loaded.get(table, 0) for table in RAW_TABLE_NAMES}
        marts = [
            node
            for node in self._nodes
            if node.kind == "model" and node.name.startswith(("dim_", "fct_", "rpt_"))
        ]
        for node in sorted(marts, key=lambda node: node.table.lower()):
            ((rows,),) = self._engine.query(f"select count(*) from {node.table}")  # noqa: S608
            counts[node.table] = int(rows)
            stages[node.layer].rows = int(rows) + (stages[node.layer].rows or 0)
        return counts

    def rejected_rows(self) -> tuple[RowsByReason, ...]:
        """The rows that no model uses."""
        return self._rows_by_reason("count(*) from stg_rejected_rows group by 1, 2")

    def nulled_values(self) -> tuple[RowsByReason, ...]:
        """The optional values that could not be read."""
        return self._rows_by_reason(
            "row_count from rpt_data_quality where outcome = 'value nulled'"
        )

    def _rows_by_reason(self, rows: str) -> tuple[RowsByReason, ...]:
        found: list[tuple[Any, ...]] = self._engine.query(
            f"select raw_table, reason, {rows} order by 1, 2"
        )
        return tuple(RowsByReason(str(t), str(r), int(n)) for t, r, n in found)
