"""The command line: `python -m pipeline load` and `python -m pipeline build`."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

from pipeline.engines import TARGETS, engine_for
from pipeline.errors import PipelineError
from pipeline.load import load
from pipeline.progress import Reporter, reporter_for
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
    # A service manager's stop is the same as Ctrl-C: clean up, then say so.
    signal.signal(signal.SIGTERM, _interrupt)
    reporter = reporter_for(sys.stderr)
    try:
        command(options, reporter)
    except PipelineError as error:
        _last_line(f"{options.name} failed: {error}")
        return EXIT_FAILED
    except KeyboardInterrupt:
        _last_line(
            f"{options.name} was interrupted; the published warehouse is as it was"
        )
        return EXIT_INTERRUPTED
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        _last_line(f"{options.name} failed:{where} {error.strerror or error}")
        return EXIT_FAILED
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
