"""Build the warehouse beside the published one, test it, and publish it.

Write, audit, publish: whatever goes wrong before the last step leaves the published
warehouse as it was.
"""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pipeline.build_record import (
    BuildInfo,
    versions,
    write_build_info,
    write_build_tests,
)
from pipeline.dbt.project import Project
from pipeline.dbt.run import DbtBuild, DbtSession, Node, advice
from pipeline.errors import PipelineError
from pipeline.load import CheckedFolder, check_folder, load_folder
from pipeline.raw_files.contract import (
    KEY_MAPS,
    RAW_LOADS,
    RAW_LOADS_COLUMNS,
    RAW_TABLE_NAMES,
)
from pipeline.terminal.interrupts import uninterrupted
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.engine import Engine

AFTER_THE_FIT = "source:predictions+"


@dataclass(frozen=True)
class BuildRequest:
    """What to build.

    Attributes:
        raw_folder: Raw files to load first; without it the raw tables are taken over
            from the published warehouse, or are the demo's.
        full_refresh: Give new surrogate keys to everything.
        accept_changed_raw: Take raw tables over that were changed since they were
            loaded.
        tests: Whether to run the tests of the data. Without them it is only for
            measuring: no command publishes so.
    """

    raw_folder: str | None = None
    full_refresh: bool = False
    accept_changed_raw: bool = False
    tests: bool = True


@dataclass(frozen=True)
class BuildSummary:
    """What was published.

    Attributes:
        location: Where.
        source: `demo` or `load`, and where the raw rows came from.
        table_rows: Rows of each raw table, star table and report.
        rejects: Raw table, reason, rows.
        nulled: The same of optional values that could not be read.
        tests: How many tests had each status.
    """

    location: str
    source: str
    table_rows: tuple[tuple[str, int], ...]
    rejects: tuple[tuple[str, str, int], ...]
    nulled: tuple[tuple[str, str, int], ...]
    tests: tuple[tuple[str, int], ...]


def build(
    engine: Engine, project: Project, request: BuildRequest, reporter: Reporter
) -> BuildSummary:
    """Load if asked to, run models and tests, publish.

    Raises:
        PipelineError: Something was wrong; the published warehouse is as it was.
        KeyboardInterrupt: It was interrupted; the same.
    """
    started = time.monotonic()
    built_at = datetime.now(UTC).isoformat(timespec="seconds")
    engine.check_requirements()
    engine.check_published()
    checked: CheckedFolder | None = None
    if request.raw_folder is not None:
        with reporter.stage("check raw files"):
            checked = check_folder(request.raw_folder, reporter)
    with closing(checked) if checked else nullcontext(), engine.exclusive_use():
        engine.begin_build()
        keep_build = False
        try:
            fill_raw_tables(engine, request, checked, reporter)
            dbt_build = _run_models(engine, project, request, reporter)
            keep_build = True
            _require_success(engine, dbt_build)
            keep_build = False
            with reporter.stage("record"):
                summary = _record(engine, project, dbt_build, built_at, started)
            with reporter.stage("publish"):
                reporter.say(f"publishing {engine.location}")
                keep_build = True
                with uninterrupted():
                    left = engine.publish()
            for text in left:
                reporter.warn(text)
            return summary
        except BaseException:
            # A build that failed its tests is kept, to be looked at.
            if not keep_build:
                engine.discard_build()
            raise


def fill_raw_tables(
    engine: Engine,
    request: BuildRequest,
    checked: CheckedFolder | None,
    reporter: Reporter,
) -> None:
    """Load the checked files into the build area, or take the published rows over.

    Raises:
        PipelineError: The files changed, or the published rows did, since loaded.
    """
    if checked is not None:
        with reporter.stage("load raw files"):
            load_folder(engine, checked, reporter, in_place=False)
    published = engine.published_source()
    taken: list[str] = []
    if checked is None and published == "load":
        taken += RAW_TABLE_NAMES
    # The demo shop's customers are nobody's: a shop that follows it begins at 1.
    demo_ends = checked is not None and published == "demo"
    if not request.full_refresh and not demo_ends:
        taken += KEY_MAPS
    if not taken:
        return
    with reporter.stage("take over"):
        rows = engine.carry_over(taken)
        if checked is None and published == "load":
            _take_over_loads(engine, request, rows, reporter)
    if rows:
        reporter.say(
            "took over from the published warehouse: "
            + ", ".join(f"{name} ({count:,})" for name, count in rows.items())
        )


def _take_over_loads(
    engine: Engine, request: BuildRequest, rows: Mapping[str, int], reporter: Reporter
) -> None:
    """Take over what is known of the raw tables, if it is true of those taken over.

    Raises:
        PipelineError: One is gone, or was changed since it was loaded.
    """
    loads, changed = [], []
    for load in engine.published_loads():
        if load.raw_table in RAW_TABLE_NAMES and load.table_hash is not None:
            if load.raw_table not in rows:
                raise PipelineError(
                    f"{engine.location} has no {load.raw_table} any more; load the raw "
                    "files again: build --raw DIR"
                )
            found = engine.table_hash(load.raw_table)
            if found.split(":")[0] != load.table_hash.split(":")[0]:
                reporter.warn(
                    f"{load.raw_table}: whether it is as it was loaded cannot be told, "
                    "for another version of the engine took its hash"
                )
            elif found != load.table_hash:
                changed.append(load.raw_table)
            count = rows[load.raw_table]
            load = replace(load, row_count=count, table_hash=found)
        loads.append(load)
    if changed and not request.accept_changed_raw:
        raise PipelineError(
            f"{' and '.join(changed)} in {engine.location} changed since loaded, by "
            "somebody's hand or on a damaged disk; load the raw files again (build "
            "--raw DIR), or take the rows as they are with --accept-changed-raw"
        )
    if changed:
        reporter.warn(f"{' and '.join(changed)} changed since loaded, and taken over")
    engine.write_table(RAW_LOADS, RAW_LOADS_COLUMNS, map(astuple, loads))


def _run_models(
    engine: Engine, project: Project, request: BuildRequest, reporter: Reporter
) -> DbtBuild:
    """The models that a fit needs, the fit, and the models that need the fit."""
    start = time.monotonic()
    session = DbtSession(
        project,
        engine.target,
        engine.dbt_environment(),
        project.target_path(engine.build_location),
        reporter,
    )
    try:
        # Where raw rows were loaded or taken over, the demo's seeds leave them alone.
        dbt_build = session.build(exclude=[AFTER_THE_FIT], tests=request.tests)
    finally:
        engine.end_dbt()
    elapsed = time.monotonic() - start
    # The tests of this package build a project of a few models, without a fit.
    if not dbt_build.failed() and dbt_build.has("int_clv_fits"):
        with reporter.stage("fit"):
            _fit(engine, dbt_build, reporter)
        start = time.monotonic()
        try:
            rest = session.build(select=[AFTER_THE_FIT], tests=request.tests)
        finally:
            engine.end_dbt()
        elapsed += time.monotonic() - start
        dbt_build = DbtBuild((*dbt_build.nodes, *rest.nodes), rest.log)
    if request.tests and not dbt_build.failed():
        _require_tests(session.data_tests(), dbt_build)
    for node in dbt_build.nodes:
        stage = "tests" if node.test else node.layer or f"{node.kind}s"
        reporter.seconds[stage] = reporter.seconds.get(stage, 0.0) + node.seconds
        elapsed -= node.seconds
    # With several threads the nodes' seconds add up to more than went by.
    if elapsed > 0:
        reporter.seconds["dbt itself"] = elapsed
    return dbt_build


def _fit(engine: Engine, dbt_build: DbtBuild, reporter: Reporter) -> None:
    # scipy takes a while to import, and nothing before needs it.
    from pipeline.clv.warehouse import Relations, predict

    reporter.say("predicting lifetime values")
    relations = Relations(
        fits=dbt_build.relation("int_clv_fits"),
        summaries=dbt_build.relation("int_clv_purchase_summaries"),
        holdouts=dbt_build.relation("int_clv_holdouts"),
    )
    for prediction in predict(engine, relations):
        reporter.say(f"lifetime value, {prediction.summary}")


def _require_tests(expected: Mapping[str, str], dbt_build: DbtBuild) -> None:
    ran = {node.unique_id for node in dbt_build.nodes}
    missing = sorted(name for test, name in expected.items() if test not in ran)
    if missing:
        raise PipelineError(
            f"{len(missing)} of {len(expected)} tests did not run, {missing[0]} first; "
            f"nothing was published (log: {dbt_build.log})"
        )


def _require_success(engine: Engine, dbt_build: DbtBuild) -> None:
    failed = dbt_build.failed()
    if not failed:
        if skipped := [node for node in dbt_build.nodes if node.status == "skipped"]:
            raise PipelineError(
                f"{len(skipped)} models or tests were skipped, {skipped[0].name} first "
                f"(log: {dbt_build.log})"
            )
        return
    first = failed[0]
    others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    message = first.message.rstrip(".")
    look = f"look into {engine.build_location} and {dbt_build.log}"
    raise PipelineError(
        f"{first.kind} {first.name} failed{others}: {message}; "
        f"nothing was published; {advice(message, look)}"
    )


def _record(
    engine: Engine,
    project: Project,
    dbt_build: DbtBuild,
    built_at: str,
    started: float,
) -> BuildSummary:
    tables = {node.name: node.relation for node in dbt_build.nodes if node.relation}
    ((as_of_date,),) = engine.query(
        f"select as_of_date from {tables['int_as_of_date']}"  # noqa: S608
    )
    loads = engine.query(
        f"select raw_table, source, origin, row_count from {RAW_LOADS}"  # noqa: S608
    )
    sources = {str(source) for _, source, _, _ in loads}
    origins = sorted({str(origin) for _, _, origin, _ in loads})
    source = "load" if "load" in sources else "demo"
    origin = ", ".join(origins) if source == "load" else "seeds"
    dbt_version, adapter_version, python_version = versions(engine.target)
    write_build_tests(engine, dbt_build.nodes)
    write_build_info(
        engine,
        BuildInfo(
            built_at=built_at,
            as_of_date=str(as_of_date),
            source=source,
            origin=origin,
            currency=_currency(engine, project, tables),
            variables=json.dumps(project.variables),
            target=engine.target,
            project_version=project.version,
            dbt_version=dbt_version,
            adapter_version=adapter_version,
            python_version=python_version,
            engine_version=engine.version,
            duration_seconds=round(time.monotonic() - started, 3),
        ),
    )
    rejects = engine.query(
        "select raw_table, reason, count(*) "  # noqa: S608
        f"from {tables['stg_rejected_rows']} group by 1, 2 order by 1, 2"
    )
    nulled: list[tuple[Any, ...]] = []
    # The tests of this package build a project of a few models, without reports.
    if "rpt_data_quality" in tables:
        nulled = engine.query(
            "select raw_table, reason, row_count "  # noqa: S608
            f"from {tables['rpt_data_quality']} "
            "where outcome = 'value nulled' order by 1, 2"
        )
    row_counts = {str(table): int(rows) for table, _, _, rows in loads}
    return BuildSummary(
        location=engine.location,
        source=f"{source}: {origin}",
        table_rows=(
            *((table, row_counts.get(table, 0)) for table in RAW_TABLE_NAMES),
            *_count_rows(engine, dbt_build.nodes),
        ),
        rejects=_reasons(rejects),
        nulled=_reasons(nulled),
        tests=_count_tests(dbt_build.nodes),
    )


def _currency(engine: Engine, project: Project, tables: Mapping[str, str]) -> str:
    # The tests of this package build a project of a few models, without it.
    if "int_currency" not in tables:
        return str(project.variables.get("currency", ""))
    ((currency,),) = engine.query(
        f"select currency from {tables['int_currency']}"  # noqa: S608
    )
    return str(currency)


def _reasons(rows: Sequence[Sequence[Any]]) -> tuple[tuple[str, str, int], ...]:
    return tuple((str(table), str(reason), int(n)) for table, reason, n in rows)


def _count_rows(engine: Engine, nodes: Sequence[Node]) -> list[tuple[str, int]]:
    marts = [node for node in nodes if node.name.startswith(("dim_", "fct_", "rpt_"))]
    return [
        (
            node.table,
            int(engine.query(f"select count(*) from {node.relation}")[0][0]),  # noqa: S608
        )
        for node in sorted(marts, key=lambda node: node.table.lower())
        if node.relation
    ]


def _count_tests(nodes: Sequence[Node]) -> tuple[tuple[str, int], ...]:
    statuses = [node.status for node in nodes if node.test]
    return tuple((status, statuses.count(status)) for status in sorted(set(statuses)))
