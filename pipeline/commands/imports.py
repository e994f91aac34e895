"""`import`: the raw files of a platform's export."""

import argparse
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from pipeline.commands.arguments import SOURCE, Commands
from pipeline.errors import PipelineError
from pipeline.installation import typed
from pipeline.settings import PLATFORM
from pipeline.terminal.progress import Reporter


def add(commands: Commands) -> None:
    """Say what it takes."""
    imports = commands.add_parser(
        "import",
        help="turn a platform's export into raw files",
        description="Read an export of shopify, woocommerce, square, etsy, amazon, "
        "olist, online_retail or jaffle_shop, or of your own SQL file, check it, and "
        "write the four raw files as Parquet.",
    )
    imports.add_argument(
        "platform",
        metavar="PLATFORM",
        nargs="?",
        help=f"its name, or a .sql file; {PLATFORM}",
    )
    imports.add_argument(
        "folder", metavar="DIR", nargs="?", help="the folder with the export"
    )
    imports.add_argument("--source", metavar="URL", help=SOURCE)
    imports.add_argument(
        "--out", metavar="RAW", type=Path, required=True, help="the folder to write"
    )
    imports.set_defaults(command=_run, name="import")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    given = [each for each in (options.platform, options.folder) if each is not None]
    name, *folders = with_platform(given)
    origin = import_into(options.out, name, folders, options.source, reporter)
    out = shlex.quote(str(options.out))
    reporter.say(f"imported {origin}; build with: {typed(f'build --raw {out}')}")


def with_platform(given: Sequence[str]) -> list[str]:
    """A platform and its folders, of which the platform may be left to DWH_PLATFORM.

    Raises:
        PipelineError: There is none.
    """
    from pipeline.platforms.definition import is_platform

    usual = os.environ.get(PLATFORM)
    if usual and not (given and is_platform(given[0])):
        return [usual, *given]
    if not given:
        raise PipelineError(f"no platform is named; name one, or set {PLATFORM}")
    return list(given)


def import_into(
    out: Path, name: str, folders: Sequence[str], source: str | None, reporter: Reporter
) -> str:
    """Make raw files of an export, and say what was left out.

    Args:
        out: The folder to write.
        name: The platform's name, or the path of a SQL file.
        folders: The folder with the export; none where there is a database.
        source: The address of a shop's database.
        reporter: Told what happens.

    Returns:
        What they were made from.

    Raises:
        PipelineError: It cannot be read, or is not as the platform says.
    """
    # DuckDB takes a while to import, and no other command on SQLite needs it.
    from pipeline.platforms.definition import find_platform
    from pipeline.platforms.importer import import_export

    platform = find_platform(name)
    places = [*folders, *([source] if source is not None else [])]
    if len(places) != 1:
        raise PipelineError(
            f"{name}: expected one folder with its export, or --source with a database"
        )
    if platform.reads_a_database and source is None:
        raise PipelineError(f"{name} reads a database: name it with --source URL")
    if source is not None and not platform.reads_a_database:
        raise PipelineError(f"{name} reads files: name their folder, not --source")
    origin, left_out = import_export(platform, places[0], out, reporter)
    for row in left_out:
        amount = f", {row.amount}" if row.amount is not None else ""
        reporter.say(f"left out: {row.reason}: {row.rows:,} rows{amount}")
    return origin
