"""`export`: star and reports in one file."""

import argparse
from pathlib import Path

from pipeline.commands.arguments import Commands, engine_of, of_a_warehouse
from pipeline.export import FORMATS
from pipeline.exports import export_and_note
from pipeline.terminal.progress import Reporter
from pipeline.terminal.summary import print_rows


def add(commands: Commands) -> None:
    """Say what it takes."""
    exports = commands.add_parser(
        "export",
        parents=[of_a_warehouse()],
        help="copy star and reports of any engine into one file",
        description="Copy star, reports and build record of the published warehouse "
        "into one file, which the dashboard reads, or into a folder of Parquet files.",
    )
    exports.add_argument(
        "--format", metavar="|".join(FORMATS), choices=FORMATS, required=True
    )
    exports.add_argument(
        "--out", metavar="PATH", type=Path, required=True, help="the file or folder"
    )
    exports.set_defaults(command=_run, name="export")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    engine = engine_of(options)
    tables = export_and_note(engine, options.format, options.out, reporter)
    print_rows(f"copied from {engine.location}", tables)
    reporter.say(f"exported {len(tables)} tables to {options.out}")
