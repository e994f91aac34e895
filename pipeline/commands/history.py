"""`history`: the runs of a warehouse."""

import argparse
import json
from dataclasses import asdict

from pipeline.commands.arguments import (
    Commands,
    engine_of,
    of_a_warehouse,
    require_warehouse,
)
from pipeline.runs import runs
from pipeline.terminal.progress import Reporter
from pipeline.terminal.summary import print_table


def add(commands: Commands) -> None:
    """Say what it takes."""
    histories = commands.add_parser(
        "history",
        parents=[of_a_warehouse()],
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
    histories.set_defaults(command=_run, name="history")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    del reporter  # what is printed is the answer
    engine = engine_of(options)
    known = runs(engine)[::-1]
    if not known:
        require_warehouse(engine.published)
    found = known[: max(options.limit, 0)]
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
                run.started_at,
                run.command,
                _shown(run.seconds, ",.1f"),
                _shown(run.rows_in, ","),
                _shown(run.rows_rejected, ","),
                _shown(run.tests_passed, ","),
                run.outcome if run.reason is None else f"{run.outcome}: {run.reason}",
            )
            for run in found
        ],
    )


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
