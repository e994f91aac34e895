"""`generate`: a shop to practise on."""

import signal
from collections.abc import Sequence

from pipeline.commands.arguments import Commands
from pipeline.installation import typed

NAME = "generate"


def add(commands: Commands) -> None:
    """Say that it is there; the generator takes its arguments itself."""
    commands.add_parser(
        NAME, add_help=False, help="simulate a shop, and write its raw files"
    )


def main(arguments: Sequence[str]) -> int:
    """Run the generator, as `python -m generator` does."""
    # numpy and pyarrow take a while to import, and no other command needs both.
    from generator import command_line

    # A polite kill is an interrupt: the half-written files are removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return command_line.main(arguments, program=typed(NAME))
