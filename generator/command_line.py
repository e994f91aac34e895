"""The command ``python -m generator``: arguments, progress, and one-line errors."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from generator.configuration import (
    ConfigurationError,
    FileFormat,
    GeneratorConfig,
    Profile,
)
from generator.days import generate_days
from generator.simulation import OutputError, generate
from generator.simulation import Progress as ProgressCall

PROGRAM = "python -m generator"
USAGE_ERROR = 2
FAILURE = 1
DEFAULT_OUT = Path("build/raw")


class OneLineParser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with the usage exit code."""
        print(f"generator: {message} (--help shows the options)", file=sys.stderr)
        raise SystemExit(USAGE_ERROR)


def _day(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2024-12-31")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a real day") from None


def _whole_number(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def build_parser(program: str = PROGRAM) -> argparse.ArgumentParser:
    """Return the parser; its defaults are those of ``GeneratorConfig``."""
    defaults = GeneratorConfig()
    parser = OneLineParser(
        prog=program,
        description=(
            "Simulate a shop and write raw_customers, raw_products, raw_orders, "
            "raw_order_items and truth.json. Equal arguments give equal bytes."
        ),
    )
    for name, value, what in (
        ("customers", defaults.customers, "registered customers"),
        ("products", defaults.products, "products"),
        ("seed", defaults.seed, "any whole number; chooses the world"),
    ):
        parser.add_argument(
            f"--{name}",
            type=_whole_number,
            default=value,
            metavar="N",
            help=f"{what} (default {value})",
        )
    for name, day in (("start", defaults.start), ("end", defaults.end)):
        parser.add_argument(
            f"--{name}",
            type=_day,
            default=day,
            metavar="YYYY-MM-DD",
            help=f"{'first' if name == 'start' else 'last'} day (default {day})",
        )
    parser.add_argument(
        "--profile",
        choices=[profile.value for profile in Profile],
        default=defaults.profile.value,
        help="default: a living shop; stationary: no seasons, growth, returns or "
        "discounts, so that fits find the planted parameters; messy: default plus "
        "planted defects",
    )
    parser.add_argument(
        "--format",
        choices=[file_format.value for file_format in FileFormat],
        default=FileFormat.CSV.value,
        help="file format (default csv)",
    )
    parser.add_argument(
        "--no-affinities",
        action="store_true",
        help="draw every line from overall popularity: no products belong together",
    )
    parser.add_argument(
        "--days",
        type=_whole_number,
        metavar="N",
        help="write what was there before the last N days (first/), a folder a day of "
        "what changed (2025-12-31/; one comes twice, one is broken and mended), the "
        "full files (full/), and days.json, the list of the folders in their order",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=DEFAULT_OUT,
        metavar="DIR",
        help=f"folder for the files, made if missing (default {DEFAULT_OUT})",
    )
    return parser


@contextmanager
def _progress_bar() -> Iterator[ProgressCall]:
    """Yield a callback that draws a bar on stderr, if that is a terminal."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("generating"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("orders"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("generating", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _summary(truth: dict[str, Any], out: Path) -> str:
    rows = ", ".join(f"{count:,} {table}" for table, count in truth["rows"].items())
    return f"{out}: {rows}; net sales {truth['totals']['net_sales']}"


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Run the command and return its exit code: 0, 1 (failed) or 2 (wrong use)."""
    options = build_parser(program).parse_args(arguments)
    try:
        config = GeneratorConfig(
            customers=options.customers,
            products=options.products,
            start=options.start,
            end=options.end,
            seed=options.seed,
            profile=Profile(options.profile),
            affinities=not options.no_affinities,
        )
        with _progress_bar() as progress:
            write = generate
            if options.days is not None:
                write = partial(generate_days, days=options.days)
            truth = write(
                config,
                out=options.out,
                file_format=FileFormat(options.format),
                progress=progress,
            )
    except ConfigurationError as error:
        print(f"generator: {error}", file=sys.stderr)
        return USAGE_ERROR
    except OutputError as error:
        print(f"generator: {error}", file=sys.stderr)
        return FAILURE
    except OSError as error:
        reason = error.strerror or str(error)
        print(f"generator: cannot write to {options.out}: {reason}", file=sys.stderr)
        return FAILURE
    except MemoryError:
        print("generator: out of memory; ask for fewer customers", file=sys.stderr)
        return FAILURE
    except KeyboardInterrupt:
        print("generator: interrupted; nothing was written", file=sys.stderr)
        return FAILURE
    print(_summary(truth, options.out))
    return 0
