"""`notify`: a message to those who are told of builds."""

import argparse

from pipeline.commands.arguments import Commands
from pipeline.notify import send_text
from pipeline.terminal.progress import Reporter


def add(commands: Commands) -> None:
    """Say what it takes."""
    notifies = commands.add_parser(
        "notify",
        help="tell those in DWH_NOTIFY that they will be told, or something else",
        description="Send a message to each Apprise URL in DWH_NOTIFY, as a build does "
        "that fails. The exit code is 1 where one did not take it.",
    )
    notifies.add_argument(
        "text",
        metavar="TEXT",
        nargs="?",
        help="what a scheduler has to say; a trial message",
    )
    notifies.set_defaults(command=_run, name="notify")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    send_text(options.text, reporter)
    reporter.say("all were told")
