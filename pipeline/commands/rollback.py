"""`rollback`: publish a kept version again."""

import argparse

from pipeline.commands.arguments import Commands, engine_of, of_a_warehouse
from pipeline.rollback import rollback, versions
from pipeline.terminal.progress import Reporter
from pipeline.terminal.summary import print_table


def add(commands: Commands) -> None:
    """Say what it takes."""
    rollbacks = commands.add_parser(
        "rollback",
        parents=[of_a_warehouse()],
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
    rollbacks.set_defaults(command=_run, name="rollback")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    engine = engine_of(options)
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
