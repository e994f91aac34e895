"""The command line: `python -m pipeline build`, `load`, `import`, and the others."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from pipeline.build import BuildRequest, build
from pipeline.build_record import BuildSummary
from pipeline.compare import compare_warehouses, raw_differences
from pipeline.dbt.project import find_project
from pipeline.errors import PipelineError
from pipeline.export import FORMATS, export
from pipeline.load import load
from pipeline.rollback import rollback, versions
from pipeline.runs import runs
from pipeline.terminal.outcome import run
from pipeline.terminal.printable import printable
from pipeline.terminal.progress import Reporter, reporter_for
from pipeline.terminal.summary import print_table
from pipeline.verify import verify
from pipeline.warehouse import engine_for, reader_for
from pipeline.warehouse.engine import Engine
from pipeline.warehouse.location import TARGETS

_SOURCE = (
    "instead of a folder: the database of a shop that keeps its orders in one, such as "
    "mysql://user@host/shop or postgresql://user@host/shop; DWH_SOURCE_PASSWORD has "
    "the password"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code, as `run` gives it.
    """
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, Reporter], None] = options.command
    return run(options.name, lambda: command(options, reporter_for(sys.stderr)))


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with arguments without what a terminal would act upon."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m pipeline",
        description="Import and load a shop's files; build, publish, export, compare.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    target = _Parser(add_help=False)
    target.add_argument(
        "--database",
        metavar="PATH",
        help="the warehouse: a file (DWH_DATABASE, or ecommerce_dwh.db in this "
        "folder), or the schema on a server (DWH_SCHEMA, or ecommerce_dwh)",
    )
    target.add_argument(
        "--target", metavar="|".join(TARGETS), help="the engine; DWH_TARGET, or sqlite"
    )

    loads = commands.add_parser(
        "load",
        parents=[target],
        help="load four raw files into the raw tables, in place",
        description="Load raw_customers, raw_products, raw_orders and raw_order_items "
        "(each .csv, .csv.gz or .parquet) from a folder into the raw tables of the "
        "target, in one transaction.",
    )
    loads.add_argument("folder", metavar="DIR", help="the folder with the four files")
    loads.set_defaults(command=_load, name="load")

    builds = commands.add_parser(
        "build",
        parents=[target],
        help="load (with --raw), run models and tests, publish",
        description="Build and test the warehouse beside the published one, then swap "
        "it in with one rename. Anything but exit code 0 leaves the published "
        "warehouse as it was.",
    )
    source = builds.add_mutually_exclusive_group()
    source.add_argument(
        "--from",
        dest="platform_and_folder",
        nargs="+",
        metavar=("PLATFORM", "DIR"),
        help="a platform's export to import first, such as: shopify ~/Downloads/export",
    )
    builds.add_argument("--source", metavar="URL", help=_SOURCE)
    source.add_argument(
        "--raw",
        metavar="DIR",
        help="a folder with the four raw files to load first; without it the raw "
        "tables of the published warehouse are used, or the demo shop's",
    )
    builds.add_argument(
        "--append",
        nargs="?",
        const="",
        metavar="DIR",
        help="a folder with what changed, whole orders, which take the place of those "
        "held; all else stays. With --from, what changed in a platform's export",
    )
    builds.add_argument(
        "--vars",
        metavar="YAML",
        help="variables of dbt_project.yml, such as '{currency: EUR}'",
    )
    builds.add_argument(
        "--full-refresh",
        action="store_true",
        help="number all customers and products anew",
    )
    builds.add_argument(
        "--accept-changed-raw",
        action="store_true",
        help="without --raw: take the raw tables over even where they changed since "
        "they were loaded",
    )
    builds.add_argument(
        "--json",
        action="store_true",
        help="print the summary for a program instead of for people",
    )
    builds.set_defaults(command=_build, name="build")

    rollbacks = commands.add_parser(
        "rollback",
        parents=[target],
        help="publish a version again that was published before",
        description="Make a kept version the published one, in one step, as a build "
        "does. The version that it replaces is kept as number 1, so that rollback 1 "
        "goes forward again.",
    )
    rollbacks.add_argument(
        "number",
        metavar="N",
        type=int,
        nargs="?",
        default=1,
        help="how many versions to go back; 1",
    )
    rollbacks.add_argument(
        "--list", action="store_true", help="only say which versions there are"
    )
    rollbacks.set_defaults(command=_rollback, name="rollback")

    histories = commands.add_parser(
        "history",
        parents=[target],
        help="the builds and rollbacks so far, and what came of each",
        description="Print the runs of a warehouse, the last one first: those that "
        "published a version, and those that did not.",
    )
    histories.add_argument(
        "--limit", metavar="N", type=int, default=20, help="how many; 20"
    )
    histories.add_argument(
        "--json", action="store_true", help="print them for a program"
    )
    histories.set_defaults(command=_history, name="history")

    verifies = commands.add_parser(
        "verify",
        parents=[target],
        help="check the published warehouse, without writing",
        description="Read all of the published warehouse, and check that its raw rows "
        "are as they were loaded, that it has the project's tables and columns, and "
        "that the tests of a build hold. A line on standard output for each fault; the "
        "exit code is 1 where there is any.",
    )
    verifies.set_defaults(command=_verify, name="verify")

    imports = commands.add_parser(
        "import",
        help="turn a platform's export into raw files",
        description="Read an export of shopify, woocommerce, square, etsy, amazon, "
        "olist, online_retail or jaffle_shop, or of your own SQL file, check it, and "
        "write the four raw files as Parquet.",
    )
    imports.add_argument(
        "platform", metavar="PLATFORM", help="its name, or a .sql file"
    )
    imports.add_argument(
        "folder", metavar="DIR", nargs="?", help="the folder with the export"
    )
    imports.add_argument("--source", metavar="URL", help=_SOURCE)
    imports.add_argument(
        "--out", metavar="RAW", type=Path, required=True, help="the folder to write"
    )
    imports.set_defaults(command=_import, name="import")

    doctors = commands.add_parser(
        "doctor",
        help="say what is in a folder of downloads",
        description="Say which platform's export a folder holds, what of it would "
        "count, what would be left out or rejected, and what to run next. Nothing is "
        "loaded.",
    )
    doctors.add_argument("folder", metavar="DIR", help="the folder with the files")
    doctors.set_defaults(command=_doctor, name="doctor")

    fits = commands.add_parser(
        "fit",
        parents=[target],
        help="predict lifetime values in place, for use with bare dbt",
        description="Fit the lifetime value models to the purchases of the warehouse, "
        "score its customers, and replace its tables clv_*. A build does it by itself.",
    )
    fits.set_defaults(command=_fit, name="fit")

    exports = commands.add_parser(
        "export",
        parents=[target],
        help="copy star and reports of any engine into one file",
        description="Copy star, reports and build record of the published warehouse "
        "into one file, which the dashboard reads, or into a folder of Parquet files.",
    )
    exports.add_argument(
        "--format", metavar="|".join(FORMATS), choices=FORMATS, required=True
    )
    exports.add_argument(
        "--out", metavar="PATH", type=Path, required=True, help="the file or folder"
    )
    exports.set_defaults(command=_export, name="export")

    compares = commands.add_parser(
        "compare",
        help="whether two warehouses, of whatever engines, hold the same",
        description="Compare star and reports of two built warehouses, table by table "
        "and row by row. The exit code is 1 where anything differs.",
    )
    for name in ("first", "second"):
        compares.add_argument(
            name,
            metavar=name.upper(),
            help="the path of a SQLite or DuckDB file, postgres[:SCHEMA] or "
            "spark[:SCHEMA]",
        )
    compares.set_defaults(command=_compare, name="compare")

    return parser


def _load(options: argparse.Namespace, reporter: Reporter) -> None:
    started = time.monotonic()
    engine = engine_for(options.target, options.database)
    loaded = load(engine, options.folder, reporter)
    chosen = "".join(
        f" --{name} {value}"
        for name in ("target", "database")
        if (value := getattr(options, name)) is not None
    )
    _print_rows(f"loaded into {engine.location}", loaded)
    reporter.say(
        f"loaded {sum(loaded.values()):,} rows in "
        f"{time.monotonic() - started:.1f} s; "
        f"run the models with: python -m pipeline build{chosen}"
    )


def _build(options: argparse.Namespace, reporter: Reporter) -> None:
    engine = engine_for(options.target, options.database)
    project = find_project(options.vars)
    request = BuildRequest(
        raw_folder=options.append or options.raw,
        is_batch=options.append is not None,
        full_refresh=options.full_refresh,
        accept_changed_raw=options.accept_changed_raw,
    )
    with _imported(options, engine, request, reporter) as request:
        summary = build(engine, project, request, reporter)
    if options.json:
        print(json.dumps(summary.as_json(), indent=2), flush=True)
    else:
        _print_summary(summary)
    tests = ", ".join(f"{count} {status}" for status, count in summary.tests.items())
    reporter.say(
        f"published {summary.database} in {summary.seconds:.1f} s "
        f"(tests: {tests or 'none'})"
    )


@contextmanager
def _imported(
    options: argparse.Namespace,
    engine: Engine,
    request: BuildRequest,
    reporter: Reporter,
) -> Iterator[BuildRequest]:
    """The request, with the raw files of an export where one is asked for."""
    if options.platform_and_folder is None:
        if options.source is not None:
            raise PipelineError("--source needs --from PLATFORM")
        if options.append == "":
            raise PipelineError("--append needs a folder, or --from PLATFORM")
        if options.append is not None and options.raw is not None:
            raise PipelineError("--raw replaces everything, and --append what changed")
        yield request
        return
    name, *folders = options.platform_and_folder
    folders += [options.append] if options.append else []
    engine.check_requirements()
    engine.check_published()
    with TemporaryDirectory(prefix="raw-") as raw:
        origin = _import_into(Path(raw), name, folders, options.source, reporter)
        yield replace(request, raw_folder=raw, raw_origin=origin, platform=name)


def _import(options: argparse.Namespace, reporter: Reporter) -> None:
    folders = [] if options.folder is None else [options.folder]
    origin = _import_into(
        options.out, options.platform, folders, options.source, reporter
    )
    reporter.say(
        f"imported {origin}; build with: python -m pipeline build --raw {options.out}"
    )


def _import_into(
    out: Path, name: str, folders: Sequence[str], source: str | None, reporter: Reporter
) -> str:
    # DuckDB takes a while to import, and no other command on SQLite needs it.
    from pipeline.platforms.definition import find_platform
    from pipeline.platforms.importer import import_export

    platform = find_platform(name)
    places = [*folders, *([source] if source is not None else [])]
    if len(places) != 1:
        raise PipelineError(
            f"{name}: expected one folder with its export, or --source with a database"
        )
    if platform.reads_a_database and source is None:
        raise PipelineError(f"{name} reads a database: name it with --source URL")
    if source is not None and not platform.reads_a_database:
        raise PipelineError(f"{name} reads files: name their folder, not --source")
    origin, left_out = import_export(platform, places[0], out, reporter)
    for row in left_out:
        amount = f", {row.amount}" if row.amount is not None else ""
        reporter.say(f"left out: {row.reason}: {row.rows:,} rows{amount}")
    return origin


def _doctor(options: argparse.Namespace, reporter: Reporter) -> None:
    from pipeline.platforms.doctor import examine

    statuses = find_project(None).root / "seeds" / "order_status_map.csv"
    findings, likeness = examine(options.folder, statuses, reporter)
    for finding in findings:
        name = finding.platform.name
        if finding.problem is not None:
            reporter.warn(f"an export of {name}, but: {finding.problem}")
            continue
        print_table(
            f"an export of {name}",
            ("what", "how much"),
            [
                *(("file", file) for file in finding.files),
                *((table, f"{rows:,} rows") for table, rows in finding.rows),
                *finding.facts,
            ],
        )
        reporter.say(f"run: python -m pipeline build --from {name} {options.folder}")
    for line in likeness:
        print(line)
    if not findings:
        raise PipelineError(
            f"{options.folder}: no export that is known; how to describe your own is "
            "in pipeline/platforms/README.md"
        )


def _print_summary(summary: BuildSummary) -> None:
    info = summary.info
    _print_rows(f"rows ({info.source}: {info.origin})", summary.tables)
    print_table(
        "time",
        ("stage", "seconds"),
        [(stage.name, f"{stage.seconds:.1f}") for stage in summary.stages],
    )
    if not summary.rejected_rows:
        print("rejected rows: none", flush=True)
    for title, found in (
        ("rejected rows (in stg_rejected_rows)", summary.rejected_rows),
        (
            "values nulled in accepted rows (counted in rpt_data_quality)",
            summary.nulled_values,
        ),
    ):
        if found:
            rows = [(each.raw_table, each.reason, f"{each.rows:,}") for each in found]
            print_table(title, ("raw table", "reason", "rows"), rows)


def _print_rows(title: str, tables: Mapping[str, int]) -> None:
    rows = [(table, f"{count:,}") for table, count in tables.items()]
    print_table(title, ("table", "rows"), rows)


def _rollback(options: argparse.Namespace, reporter: Reporter) -> None:
    engine = engine_for(options.target, options.database)
    if options.list:
        print_table(
            f"versions of {engine.location}",
            ("version", "built at", "from", "MB"),
            [
                (
                    str(version.number or "published"),
                    version.built_at or "",
                    version.problem or version.origin or "",
                    "" if version.size is None else f"{version.size / 1e6:,.1f}",
                )
                for version in versions(engine)
            ],
        )
        return
    version = rollback(engine, options.number, reporter)
    reporter.say(
        f"published {version} again in {engine.location}; the version that it "
        "replaced is kept: rollback 1 publishes that one"
    )


def _history(options: argparse.Namespace, reporter: Reporter) -> None:
    del reporter  # what is printed is the answer
    engine = engine_for(options.target, options.database)
    found = runs(engine)[::-1][: max(options.limit, 0)]
    if options.json:
        print(json.dumps([asdict(run) for run in found], indent=2), flush=True)
        return
    print_table(
        f"runs of {engine.location}",
        (
            "started",
            "what",
            "seconds",
            "rows in",
            "rejected",
            "tests",
            "what came of it",
        ),
        [
            (
                *(run.started_at, run.command),
                *(_shown(run.seconds, ",.1f"), _shown(run.rows_in, ",")),
                _shown(run.rows_rejected, ","),
                _shown(run.tests_passed, ","),
                run.outcome if run.reason is None else f"{run.outcome}: {run.reason}",
            )
            for run in found
        ],
    )


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _verify(options: argparse.Namespace, reporter: Reporter) -> None:
    started = time.monotonic()
    engine = engine_for(options.target, options.database)
    count = 0
    for count, fault in enumerate(verify(engine, find_project(None), reporter), 1):  # noqa: B007
        print(printable(fault), flush=True)
    if count:
        raise PipelineError(
            f"{count} faults in {engine.location}; go back to the version before "
            "(rollback), or build again"
        )
    reporter.say(f"{engine.location} is whole ({time.monotonic() - started:.1f} s)")


def _fit(options: argparse.Namespace, reporter: Reporter) -> None:
    # scipy takes a while to import, and no other command needs it.
    from pipeline.fit import fit

    engine = engine_for(options.target, options.database)
    print_table(
        f"fitted in {engine.location}",
        ("fit", "until", "model", "customers", "status", "used"),
        [
            (
                *(prediction.fit_name, str(prediction.observed_through)),
                *(model.model_name, f"{model.customers:,}", model.status),
                "yes" if prediction.is_used(model) else "",
            )
            for prediction in fit(engine)
            for model in prediction.models
        ],
    )
    reporter.say("show the predictions with: dbt run --select source:predictions+")


def _export(options: argparse.Namespace, reporter: Reporter) -> None:
    engine = engine_for(options.target, options.database)
    with reader_for(str(engine.published)) as reader:
        tables = export(reader, options.format, options.out, reporter)
    _print_rows(f"copied from {engine.location}", tables)
    reporter.say(f"exported {len(tables)} tables to {options.out}")


def _compare(options: argparse.Namespace, reporter: Reporter) -> None:
    tables = []
    with reader_for(options.first) as first, reader_for(options.second) as second:
        raw = raw_differences(first, second)
        for difference in raw:
            reporter.warn(f"built from different raw rows: {difference}")
        for table in compare_warehouses(first, second):
            tables.append(table)
            for example in table.examples:
                reporter.warn(f"{table.table}: {example}")
    counts = [["missing" if n is None else f"{n:,}" for n in t.rows] for t in tables]
    print_table(
        f"{first.location} and {second.location}",
        ("table", "rows", "rows", "differences"),
        [
            (table.table, *rows, f"{table.differences:,}")
            for table, rows in zip(tables, counts, strict=True)
        ],
    )
    differ = [table.table for table in tables if table.differences]
    if differ:
        raise PipelineError(
            f"{len(differ)} of {len(tables)} tables differ: {', '.join(differ)}"
            + ("; the warehouses were built from different raw rows" if raw else "")
        )
    reporter.say(f"all {len(tables)} tables are equal")


if __name__ == "__main__":
    sys.exit(main())
