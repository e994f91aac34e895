"""The command line: `python -m pipeline load`, `build`, `fit`, `export`, `compare`."""

import argparse
import errno
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from pipeline.build import BuildRequest, build
from pipeline.compare import TableDifference, compare_warehouses, raw_differences
from pipeline.dbt.project import find_project
from pipeline.errors import PipelineError
from pipeline.export import FORMATS, export
from pipeline.load import load
from pipeline.terminal.interrupts import EXIT_INTERRUPTED, interruptible, is_done
from pipeline.terminal.output import unfailing_output
from pipeline.terminal.printable import printable
from pipeline.terminal.progress import Reporter, reporter_for
from pipeline.terminal.summary import print_table
from pipeline.warehouse import TARGETS, engine_for
from pipeline.warehouse.readers import TableReader, reader_for

EXIT_FAILED = 1
# Set, it shows where in the program an error came from.
DEBUG = "DWH_DEBUG"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 only if everything was done. Otherwise the last line on
        standard error says what was wrong and what to do.
    """
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, Reporter], None] = options.command
    return run(options.name, lambda: command(options, reporter_for(sys.stderr)))


def run(name: str, work: Callable[[], object]) -> int:
    """Do some work, and turn whatever goes wrong into one last line.

    Once the work is done (published, loaded), nothing that follows makes it a failure:
    what could not be said or cleaned up then is a warning.

    Args:
        name: What the line says was being done.
        work: Raises whatever it likes.

    Returns:
        The exit code.
    """

    def say_interrupted() -> None:
        _last_line(f"{name} was interrupted; the published warehouse is as it was")

    with unfailing_output() as out:
        code = 0
        try:
            with interruptible(say_interrupted):
                work()
        except Exception as error:
            if os.environ.get(DEBUG):
                traceback.print_exc()
            if is_done():
                _last_line(f"warning: {name} is done, but then: {_wording(error)}")
            else:
                _last_line(f"{name} failed: {_wording(error)}")
                code = EXIT_FAILED
        except KeyboardInterrupt:
            if not is_done():
                say_interrupted()
                code = EXIT_INTERRUPTED
        out.flush()
        if out.fault is not None and code == 0:
            _last_line(
                f"warning: {name} is done; not all that it printed could be written: "
                f"{_wording(out.fault)}"
            )
        return code


def _wording(error: Exception) -> str:
    """What was wrong, and what to do."""
    if isinstance(error, PipelineError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory; end other programs, or use a larger machine"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        advice = "; free some disk space and run again" if _no_room(error) else ""
        return f"{where}{error.strerror or error}{advice}"
    said = " ".join(str(error).split())[:300]
    return (
        f"{type(error).__name__}{f': {said}' if said else ''}; this is a fault of the "
        f"program: {DEBUG}=1 shows where"
    )


def _no_room(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def _last_line(text: str) -> None:
    sys.stdout.flush()
    print(printable(text), file=sys.stderr, flush=True)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with arguments without what a terminal would act upon."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m pipeline",
        description="Load raw files; build, publish, export, compare.",
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
        "--target",
        metavar="|".join(TARGETS),
        help="the engine; DWH_TARGET, or sqlite",
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
    builds.add_argument(
        "--raw",
        metavar="DIR",
        help="a folder with the four raw files to load first; without it the raw "
        "tables of the published warehouse are used, or the demo shop's",
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
    builds.set_defaults(command=_build, name="build")

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
    engine = engine_for(options.target, options.database)
    loads = load(engine, options.folder, reporter)
    chosen = "".join(
        f" --{name} {value}"
        for name in ("target", "database")
        if (value := getattr(options, name)) is not None
    )
    print_table(
        f"loaded into {engine.location}",
        ("raw table", "rows"),
        [(entry.raw_table, f"{entry.row_count:,}") for entry in loads],
    )
    seconds = sum(reporter.seconds.values())
    reporter.say(
        f"loaded {sum(entry.row_count for entry in loads):,} rows in {seconds:.1f} s; "
        f"run the models with: python -m pipeline build{chosen}"
    )


def _build(options: argparse.Namespace, reporter: Reporter) -> None:
    started = time.monotonic()
    engine = engine_for(options.target, options.database)
    project = find_project(options.vars)
    request = BuildRequest(
        options.raw, options.full_refresh, options.accept_changed_raw
    )
    summary = build(engine, project, request, reporter)
    print_table(
        f"rows ({summary.source})",
        ("table", "rows"),
        [(table, f"{rows:,}") for table, rows in summary.table_rows],
    )
    print_table(
        "time",
        ("stage", "seconds"),
        [(stage, f"{seconds:.1f}") for stage, seconds in reporter.seconds.items()],
    )
    if summary.rejects:
        print_table(
            "rejected rows (in stg_rejected_rows)",
            ("raw table", "reason", "rows"),
            [(table, reason, f"{n:,}") for table, reason, n in summary.rejects],
        )
    else:
        print("rejected rows: none", flush=True)
    if summary.nulled:
        print_table(
            "values nulled in accepted rows (counted in rpt_data_quality)",
            ("raw table", "reason", "rows"),
            [(table, reason, f"{n:,}") for table, reason, n in summary.nulled],
        )
    tests = ", ".join(f"{count} {status}" for status, count in summary.tests)
    reporter.say(
        f"published {summary.location} in {time.monotonic() - started:.1f} s "
        f"(tests: {tests or 'none'})"
    )


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
            for prediction in fit(engine, reporter)
            for model in prediction.models
        ],
    )
    reporter.say("show the predictions with: dbt run --select source:predictions+")


def _export(options: argparse.Namespace, reporter: Reporter) -> None:
    engine = engine_for(options.target, options.database)
    with reader_for(engine.place) as reader:
        tables = export(reader, options.format, options.out, reporter)
    print_table(
        f"copied from {engine.location}",
        ("table", "rows"),
        [(table.name, f"{table.rows:,}") for table in tables],
    )
    reporter.say(f"exported {len(tables)} tables to {options.out}")


def _compare(options: argparse.Namespace, reporter: Reporter) -> None:
    with reader_for(options.first) as first, reader_for(options.second) as second:
        _compare_readers(first, second, reporter)


def _compare_readers(
    first: TableReader, second: TableReader, reporter: Reporter
) -> None:
    raw = raw_differences(first, second)
    for difference in raw:
        reporter.warn(f"built from different raw rows: {difference}")
    tables = []
    for table in compare_warehouses(first, second):
        tables.append(table)
        for example in table.examples:
            reporter.warn(f"{table.table}: {example}")
    print_table(
        f"{first.location} and {second.location}",
        ("table", "rows", "rows", "differences"),
        [_compared(table) for table in tables],
    )
    differ = [table.table for table in tables if table.differences]
    if differ:
        raise PipelineError(
            f"{len(differ)} of {len(tables)} tables differ: {', '.join(differ)}"
            + ("; the warehouses were built from different raw rows" if raw else "")
        )
    reporter.say(f"all {len(tables)} tables are equal")


def _compared(table: TableDifference) -> tuple[str, str, str, str]:
    first, second = ("missing" if n is None else f"{n:,}" for n in table.rows)
    return table.table, first, second, f"{table.differences:,}"


if __name__ == "__main__":
    sys.exit(main())
