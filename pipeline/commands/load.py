"""`load`: raw files into the raw tables, in place."""

import argparse
import shlex
import time

from pipeline.commands.arguments import Commands, engine_of, of_a_warehouse
from pipeline.installation import typed
from pipeline.load import load
from pipeline.terminal.progress import Reporter
from pipeline.terminal.summary import print_rows


def add(commands: Commands) -> None:
    """Say what it takes."""
    loads = commands.add_parser(
        "load",
        parents=[of_a_warehouse()],
        help="load four raw files into the raw tables, in place",
        description="Load raw_customers, raw_products, raw_orders and raw_order_items "
        "(each .csv, .csv.gz or .parquet) from a folder into the raw tables of the "
        "target, in one transaction.",
    )
    loads.add_argument("folder", metavar="DIR", help="the folder with the four files")
    loads.set_defaults(command=_run, name="load")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    started = time.monotonic()
    engine = engine_of(options)
    loaded = load(engine, options.folder, reporter)
    chosen = "".join(
        f" --{name} {shlex.quote(value)}"
        for name in ("target", "database")
        if (value := getattr(options, name)) is not None
    )
    print_rows(f"loaded into {engine.location}", loaded)
    reporter.say(
        f"loaded {sum(loaded.values()):,} rows in "
        f"{time.monotonic() - started:.1f} s; "
        "run the models with: " + typed(f"build{chosen}")
    )
