"""The command line: `shop-dwh build`, or `python -m pipeline build`, and the others."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.commands import (
    build,
    compare,
    dashboard,
    docs,
    doctor,
    erase,
    export,
    fit,
    generate,
    history,
    imports,
    init,
    load,
    night,
    notify,
    rollback,
    verify,
)
from pipeline.commands.arguments import Parser
from pipeline.installation import COMMAND, IS_INSTALLED, is_clone, program
from pipeline.settings import Settings, read_settings
from pipeline.terminal.outcome import WAREHOUSE_STAYS, run
from pipeline.terminal.progress import Reporter, reporter_for

# In the order of the help.
_COMMANDS = (
    init,
    load,
    build,
    night,
    rollback,
    history,
    verify,
    notify,
    imports,
    doctor,
    erase,
    fit,
    export,
    compare,
    dashboard,
    docs,
    generate,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code, as `run` gives it.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == [generate.NAME]:
        return generate.main(given[1:])
    options = _parser().parse_args(given)
    command: Callable[[argparse.Namespace, Reporter], None] = options.command

    def work() -> None:
        reporter = reporter_for(sys.stderr)
        if IS_INSTALLED and is_clone(Path()):
            reporter.warn(
                f"this folder is a clone of the project: {COMMAND} builds the models "
                "that it was installed with, python -m pipeline those in here"
            )
        settings = Settings() if command is init.run else read_settings()
        with settings.in_force():
            command(options, reporter)

    return run(options.name, work, options.if_interrupted)


def _parser() -> Parser:
    parser = Parser(
        prog=program(),
        description="Import and load a shop's files; build, publish, export, compare.",
    )
    parser.set_defaults(if_interrupted=WAREHOUSE_STAYS)
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in _COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
