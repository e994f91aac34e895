"""What the commands share of the command line."""

import argparse
from typing import TYPE_CHECKING, NoReturn

from pipeline.errors import PipelineError
from pipeline.installation import typed
from pipeline.terminal.printable import printable
from pipeline.warehouse import engine_for, open_reader
from pipeline.warehouse.engine import Engine
from pipeline.warehouse.location import TARGETS, Location

SOURCE = (
    "instead of a folder: the database of a shop that keeps its orders in one, such as "
    "mysql://user@host/shop or postgresql://user@host/shop; DWH_SOURCE_PASSWORD has "
    "the password"
)


class Parser(argparse.ArgumentParser):
    """Says what is wrong with arguments without what a terminal would act upon."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2 and one line."""
        super().error(printable(message))


if TYPE_CHECKING:
    # What a command adds itself to.
    Commands = argparse._SubParsersAction[Parser]
else:
    Commands = argparse._SubParsersAction


def of_a_warehouse() -> Parser:
    """The arguments that say which warehouse, for `parents`."""
    target = Parser(add_help=False)
    target.add_argument(
        "--database",
        metavar="PATH",
        help="the warehouse: a file (DWH_DATABASE, or ecommerce_dwh.db in this "
        "folder), or the schema on a server (DWH_SCHEMA, or ecommerce_dwh)",
    )
    target.add_argument(
        "--target", metavar="|".join(TARGETS), help="the engine; DWH_TARGET, or sqlite"
    )
    return target


def engine_of(options: argparse.Namespace) -> Engine:
    """The engine of the warehouse that was named."""
    return engine_for(options.target, options.database)


def require_warehouse(location: Location) -> None:
    """Refuse to go on where there is no warehouse that can be opened.

    Raises:
        PipelineError: There is none, or its packages are not installed.
    """
    if location.is_file and not location.path.exists():
        raise PipelineError(
            f"there is no warehouse {location.path}; build it first: {typed('build')}"
        )
    open_reader(location).close()
