"""`init`: a file of settings for the folder that one works in."""

import argparse
from pathlib import Path

from pipeline.commands.arguments import Commands, of_a_warehouse
from pipeline.dbt.project import find_rules
from pipeline.errors import PipelineError
from pipeline.installation import is_clone, typed
from pipeline.settings import SETTINGS_FILE, settings_text
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.location import Location


def add(commands: Commands) -> None:
    """Say what it takes."""
    inits = commands.add_parser(
        "init",
        parents=[of_a_warehouse()],
        help=f"write {SETTINGS_FILE}, the settings of this folder",
        description=f"Write {SETTINGS_FILE} into this folder, with every setting and "
        "what it decides. The commands that are run here read it.",
    )
    inits.set_defaults(command=run, name="init", if_interrupted="run it again")


def run(options: argparse.Namespace, reporter: Reporter) -> None:
    """Write the file."""
    if is_clone(Path()):
        raise PipelineError(
            "this folder is a clone of the project, where make and dbt read no "
            f"{SETTINGS_FILE}; go to a folder of your own, or set DWH_ variables"
        )
    Location.resolve(options.target, options.database)
    names = ("target", "database")
    chosen = {name: getattr(options, name) for name in names}
    text = settings_text(
        {name: value for name, value in chosen.items() if value is not None},
        find_rules(),
    )
    path = Path(SETTINGS_FILE)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise PipelineError(
            f"there is a {SETTINGS_FILE} already; edit it, or move it away"
        ) from None
    except OSError as error:
        raise PipelineError(
            f"{path.absolute()} cannot be written: {error.strerror}"
        ) from None
    reporter.say(
        f"wrote {SETTINGS_FILE}; look into it, then run: {typed('build')}, or "
        f"{typed('build --raw DIR')}"
    )
