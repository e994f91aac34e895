"""`build`: load or append, run models and tests, publish."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.build import Batch, BuildRequest, build
from pipeline.build_record import BuildSummary
from pipeline.commands.arguments import SOURCE, Commands, engine_of, of_a_warehouse
from pipeline.commands.imports import import_into, with_platform
from pipeline.dbt.project import VARIABLES, find_project
from pipeline.errors import PipelineError
from pipeline.notify import told
from pipeline.settings import PLATFORM
from pipeline.terminal.progress import Reporter
from pipeline.terminal.summary import print_rows, print_table
from pipeline.warehouse.engine import Engine


def add(commands: Commands) -> None:
    """Say what it takes."""
    builds = commands.add_parser(
        "build",
        parents=[of_a_warehouse()],
        help="load (with --raw), run models and tests, publish",
        description="Build and test the warehouse beside the published one, then swap "
        "it in with one rename. Anything but exit code 0 leaves the published "
        "warehouse as it was.",
    )
    source = builds.add_mutually_exclusive_group()
    source.add_argument(
        "--from",
        dest="platform_and_folder",
        nargs="*",
        metavar=("PLATFORM", "DIR"),
        help="a platform's export to import first, such as: shopify ~/Downloads/export "
        f"(the platform: {PLATFORM})",
    )
    builds.add_argument("--source", metavar="URL", help=SOURCE)
    source.add_argument(
        "--raw",
        metavar="DIR",
        help="a folder with the four raw files to load first; without it the raw "
        "tables of the published warehouse are used, or the demo shop's",
    )
    builds.add_argument(
        "--append",
        nargs="?",
        const="",
        metavar="DIR",
        help="a folder with what changed, whole orders, which take the place of those "
        "held; all else stays. With --from, what changed in a platform's export",
    )
    builds.add_argument(
        "--vars",
        metavar="YAML",
        help=f"variables of dbt_project.yml, such as '{{currency: EUR}}'; {VARIABLES}",
    )
    builds.add_argument(
        "--full-refresh",
        action="store_true",
        help="number all customers and products anew",
    )
    builds.add_argument(
        "--accept-changed-raw",
        action="store_true",
        help="without --raw: take the raw tables over even where they changed since "
        "they were loaded",
    )
    builds.add_argument(
        "--json",
        action="store_true",
        help="print the summary for a program instead of for people",
    )
    builds.set_defaults(command=_run, name="build")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    with told(reporter) as news:
        engine = engine_of(options)
        news.database = Path(engine.location).name
        project = find_project(options.vars)
        request = BuildRequest(
            raw_folder=options.raw,
            batches=[Batch(options.append)] if options.append else (),
            full_refresh=options.full_refresh,
            accept_changed_raw=options.accept_changed_raw,
        )
        with _imported(options, engine, request, reporter) as request:
            summary = build(engine, project, request, reporter)
            news.add(summary)
        if options.json:
            print(json.dumps(summary.as_json(), indent=2), flush=True)
        else:
            print_summary(summary)
        say_published(summary, reporter)


@contextmanager
def _imported(
    options: argparse.Namespace,
    engine: Engine,
    request: BuildRequest,
    reporter: Reporter,
) -> Iterator[BuildRequest]:
    """The request, with the raw files of an export where one is asked for."""
    if options.platform_and_folder is None:
        if options.source is not None:
            raise PipelineError("--source needs --from PLATFORM")
        if options.append == "":
            raise PipelineError("--append needs a folder, or --from PLATFORM")
        if options.append is not None and options.raw is not None:
            raise PipelineError("--raw replaces everything, and --append what changed")
        yield request
        return
    name, *folders = with_platform(options.platform_and_folder)
    folders += [options.append] if options.append else []
    engine.check_requirements()
    engine.check_published()
    with TemporaryDirectory(prefix="raw-") as raw:
        origin = import_into(Path(raw), name, folders, options.source, reporter)
        if options.append is None:
            yield replace(request, raw_folder=raw, raw_origin=origin, platform=name)
        else:
            yield replace(request, batches=[Batch(raw, origin, name)])


def say_published(summary: BuildSummary, reporter: Reporter) -> None:
    """The last line of a build."""
    tests = ", ".join(f"{count} {status}" for status, count in summary.tests.items())
    reporter.say(
        f"published {summary.database} in {summary.seconds:.1f} s "
        f"(tests: {tests or 'none'})"
    )


def print_summary(summary: BuildSummary) -> None:
    """What came of a build, for people."""
    info = summary.info
    print_rows(f"rows ({info.source}: {info.origin})", summary.tables)
    print_table(
        "time",
        ("stage", "seconds"),
        [(stage.name, f"{stage.seconds:.1f}") for stage in summary.stages],
    )
    if not summary.rejected_rows:
        print("rejected rows: none", flush=True)
    for title, found in (
        ("rejected rows (in stg_rejected_rows)", summary.rejected_rows),
        (
            "values nulled in accepted rows (counted in rpt_data_quality)",
            summary.nulled_values,
        ),
    ):
        if found:
            rows = [(each.raw_table, each.reason, f"{each.rows:,}") for each in found]
            print_table(title, ("raw table", "reason", "rows"), rows)
