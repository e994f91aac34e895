"""`doctor`: what is in a folder of downloads."""

import argparse
import shlex

from pipeline.commands.arguments import Commands
from pipeline.dbt.project import find_project
from pipeline.errors import PipelineError
from pipeline.installation import typed
from pipeline.terminal.progress import Reporter
from pipeline.terminal.summary import print_table


def add(commands: Commands) -> None:
    """Say what it takes."""
    doctors = commands.add_parser(
        "doctor",
        help="say what is in a folder of downloads",
        description="Say which platform's export a folder holds, what of it would "
        "count, what would be left out or rejected, and what to run next. Nothing is "
        "loaded.",
    )
    doctors.add_argument("folder", metavar="DIR", help="the folder with the files")
    doctors.set_defaults(command=_run, name="doctor")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    from pipeline.platforms.definition import FOLDER
    from pipeline.platforms.doctor import examine

    statuses = find_project(None).root / "seeds" / "order_status_map.csv"
    findings, likeness = examine(options.folder, statuses, reporter)
    for finding in findings:
        name = finding.platform.name
        if finding.problem is not None:
            reporter.warn(f"an export of {name}, but: {finding.problem}")
            continue
        print_table(
            f"an export of {name}",
            ("what", "how much"),
            [
                *(("file", file) for file in finding.files),
                *((table, f"{rows:,} rows") for table, rows in finding.rows),
                *finding.facts,
            ],
        )
        folder = shlex.quote(options.folder)
        reporter.say("run: " + typed(f"build --from {name} {folder}"))
    for line in likeness:
        print(line)
    if not findings:
        raise PipelineError(
            f"{options.folder}: no export that is known; how to describe your own is "
            f"in {FOLDER / 'README.md'}"
        )
