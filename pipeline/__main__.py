"""The command line: `python -m pipeline load` and `python -m pipeline build`."""

import argparse
import errno
import signal
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

from pipeline.build import BuildRequest, build
from pipeline.engines import TARGETS, engine_for
from pipeline.errors import PipelineError
from pipeline.load import load
from pipeline.progress import Reporter, reporter_for
from pipeline.project import find_project
from pipeline.summary import print_table

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 only if everything was done. Otherwise the last line on
        standard error says what was wrong and what to do.
    """
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, Reporter], None] = options.command
    reporter = reporter_for(sys.stderr)
    return run(options.name, lambda: command(options, reporter))


def run(name: str, work: Callable[[], object]) -> int:
    """Do some work, and turn what goes wrong into one last line.

    Args:
        name: What the line says was being done.
        work: Raises PipelineError, KeyboardInterrupt or OSError.

    Returns:
        The exit code.
    """
    # A service manager's stop is the same as Ctrl-C: clean up, then say so.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        work()
    except PipelineError as error:
        _last_line(f"{name} failed: {error}")
        return EXIT_FAILED
    except KeyboardInterrupt:
        _last_line(f"{name} was interrupted; the published warehouse is as it was")
        return EXIT_INTERRUPTED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        advice = "; free some disk space and run again" if _no_room(error) else ""
        _last_line(f"{name} failed: {where}{error.strerror or error}{advice}")
        return EXIT_FAILED
    return 0


def _no_room(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def _interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    del signum, frame
    raise KeyboardInterrupt


def _last_line(text: str) -> None:
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline", description="Load raw files; build and publish."
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    target = argparse.ArgumentParser(add_help=False)
    target.add_argument(
        "--database",
        metavar="PATH",
        help="the warehouse; DWH_DATABASE, or ecommerce_dwh.db in this folder",
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
    builds.set_defaults(command=_build, name="build")

    return parser


def _load(options: argparse.Namespace, reporter: Reporter) -> None:
    engine = engine_for(options.target, options.database)
    loads = load(engine, options.folder, reporter)
    print_table(
        f"loaded into {engine.location}",
        ("raw table", "rows"),
        [(entry.raw_table, f"{entry.row_count:,}") for entry in loads],
    )
    seconds = sum(reporter.seconds.values())
    reporter.say(
        f"loaded {sum(entry.row_count for entry in loads):,} rows in {seconds:.1f} s; "
        "run the models with: python -m pipeline build, or dbt run"
    )


def _build(options: argparse.Namespace, reporter: Reporter) -> None:
    started = time.monotonic()
    engine = engine_for(options.target, options.database)
    project = find_project(options.vars)
    request = BuildRequest(options.raw, options.full_refresh)
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
    tests = ", ".join(f"{count} {status}" for status, count in summary.tests)
    reporter.say(
        f"published {summary.location} in {time.monotonic() - started:.1f} s "
        f"(tests: {tests or 'none'})"
    )


if __name__ == "__main__":
    sys.exit(main())
