"""The command line: `python -m pipeline build`, `load`, `import`, and the others."""

import argparse
import sys
from collections.abc import Callable, Sequence

from pipeline.commands import (
    build,
    compare,
    doctor,
    erase,
    export,
    fit,
    history,
    imports,
    load,
    night,
    notify,
    rollback,
    verify,
)
from pipeline.commands.arguments import Parser
from pipeline.terminal.outcome import WAREHOUSE_STAYS, run
from pipeline.terminal.progress import Reporter, reporter_for

# In the order of the help.
_COMMANDS = (
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
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code, as `run` gives it.
    """
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, Reporter], None] = options.command
    return run(
        options.name,
        lambda: command(options, reporter_for(sys.stderr)),
        options.if_interrupted,
    )


def _parser() -> Parser:
    parser = Parser(
        prog="python -m pipeline",
        description="Import and load a shop's files; build, publish, export, compare.",
    )
    parser.set_defaults(if_interrupted=WAREHOUSE_STAYS)
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in _COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
