"""`night`: what a scheduler calls, to load what a shop dropped into a folder."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.build import Batch
from pipeline.build_record import BuildSummary
from pipeline.commands.arguments import Commands, engine_of, of_a_warehouse
from pipeline.commands.build import print_summary, say_published
from pipeline.commands.imports import import_into, with_platform
from pipeline.dbt.project import VARIABLES, find_project
from pipeline.errors import PipelineError, RawFileError
from pipeline.night import (
    COMPLETE,
    DONE,
    REFUSED,
    SETTLE_MINUTES,
    Opened,
    as_raw_files,
    night,
    require_inbox,
    waiting,
)
from pipeline.notify import told
from pipeline.settings import PLATFORM
from pipeline.terminal.printable import printable
from pipeline.terminal.progress import Reporter


def add(commands: Commands) -> None:
    """Say what it takes."""
    nights = commands.add_parser(
        "night",
        parents=[of_a_warehouse()],
        help="load the batches in a folder, build once, publish: for a scheduler",
        description="Load every complete batch, a folder of INBOX each, in the order "
        f"of their names, and build once. Those that were loaded go to INBOX/{DONE}, "
        f"those that cannot be to INBOX/{REFUSED}, and the exit code is 3 then.",
    )
    nights.add_argument("inbox", metavar="INBOX", type=Path, help="the folder")
    nights.add_argument(
        "--from",
        dest="platform",
        metavar="PLATFORM",
        nargs="?",
        const="",
        help=f"the batches are a platform's exports, such as shopify; {PLATFORM}",
    )
    nights.add_argument(
        "--settle",
        metavar="MINUTES",
        type=float,
        default=SETTLE_MINUTES,
        help=f"a batch without a file {COMPLETE} is complete when nothing in it "
        f"changed for so long; {SETTLE_MINUTES:g}",
    )
    nights.add_argument(
        "--list", action="store_true", help="only say which batches could be loaded"
    )
    nights.add_argument(
        "--vars",
        metavar="YAML",
        help=f"variables of dbt_project.yml, such as '{{currency: EUR}}'; {VARIABLES}",
    )
    nights.set_defaults(
        command=_run, name="night", if_interrupted="what was not moved waits in INBOX"
    )


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    if options.list:
        require_inbox(options.inbox)
        for batch in waiting(options.inbox, options.settle, reporter):
            print(printable(batch.name), flush=True)
        return
    with told(reporter) as news:

        def published(summary: BuildSummary) -> None:
            news.add(summary)
            print_summary(summary)
            say_published(summary, reporter)

        news.work = "night"
        engine = engine_of(options)
        news.database = Path(engine.location).name
        night(
            engine,
            find_project(options.vars),
            options.inbox,
            reporter,
            published,
            settle_minutes=options.settle,
            opened=_opened(options.platform, reporter),
        )


def _opened(name: str | None, reporter: Reporter) -> Opened:
    """How the files of a batch become raw files."""
    if name is None:
        return as_raw_files
    from pipeline.platforms.definition import find_platform

    name = name or with_platform([])[0]
    if find_platform(name).reads_a_database:
        raise PipelineError(f"{name} reads a database, and a night files of a folder")

    @contextmanager
    def imported(folder: Path) -> Iterator[Batch]:
        with TemporaryDirectory(prefix="raw-") as raw:
            try:
                origin = import_into(Path(raw), name, [str(folder)], None, reporter)
            except PipelineError as error:
                raise RawFileError(str(error)) from None
            yield Batch(raw, origin, name)

    return imported
