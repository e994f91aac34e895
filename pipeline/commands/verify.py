"""`verify`: check the published warehouse."""

import argparse
import time

from pipeline.commands.arguments import Commands, engine_of, of_a_warehouse
from pipeline.errors import PipelineError
from pipeline.terminal.printable import printable
from pipeline.terminal.progress import Reporter
from pipeline.verify import verify


def add(commands: Commands) -> None:
    """Say what it takes."""
    verifies = commands.add_parser(
        "verify",
        parents=[of_a_warehouse()],
        help="check the published warehouse, without writing",
        description="Read all of the published warehouse, and check that its raw rows "
        "are as they were loaded, that it has the project's tables and columns, and "
        "that the tests of a build hold. A line on standard output for each fault; the "
        "exit code is 1 where there is any.",
    )
    verifies.set_defaults(command=_run, name="verify")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    started = time.monotonic()
    engine = engine_of(options)
    count = 0
    for count, fault in enumerate(verify(engine, reporter), 1):  # noqa: B007
        print(printable(fault), flush=True)
    if count:
        raise PipelineError(
            f"{count} fault{'s' if count > 1 else ''} in {engine.location}; go back to "
            "the version before (rollback), or build again"
        )
    reporter.say(f"{engine.location} is whole ({time.monotonic() - started:.1f} s)")
