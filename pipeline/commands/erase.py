"""`erase`: forget customers."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.build import BuildRequest, build
from pipeline.build_record import as_built
from pipeline.commands.arguments import Commands, engine_of, of_a_warehouse
from pipeline.erase import Noted, note_erasures
from pipeline.erasures import Erasures
from pipeline.errors import LeftUndoneError, PipelineError
from pipeline.installation import typed
from pipeline.raw_files.header import listed
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import open_reader
from pipeline.warehouse.engine import Engine


def add(commands: Commands) -> None:
    """Say what it takes."""
    erases = commands.add_parser(
        "erase",
        parents=[of_a_warehouse()],
        help="forget customers: in the warehouse, its versions and exports",
        description="Build and publish the warehouse without what is known of some "
        "customers; an id that says nothing stands for each of them, so that their "
        "orders still count. Versions before it are deleted, exports made anew, and no "
        "later load brings them back. Without an id: finish what was interrupted.",
    )
    erases.add_argument(
        "customer_ids", metavar="CUSTOMER_ID", nargs="*", help="who is to be forgotten"
    )
    erases.add_argument(
        "--ids-from",
        metavar="FILE",
        help="a file with an id a line, or - for standard input; unlike arguments, no "
        "other user and no history of a shell sees them",
    )
    erases.add_argument(
        "--accept-changed-raw",
        action="store_true",
        help="take the raw tables over even where they changed since they were loaded",
    )
    erases.set_defaults(command=_run, name="erase")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    customer_ids = list(options.customer_ids)
    if options.ids_from is not None:
        customer_ids += _ids_from(options.ids_from)
    engine = engine_of(options)
    if not customer_ids and (
        options.ids_from is not None or not Erasures.of(engine).pending
    ):
        raise PipelineError("no customer's id was given, and nothing is unfinished")
    noted = note_erasures(engine, customer_ids, reporter)
    _say_of_unknown(engine, noted, len(customer_ids), reporter)
    if not noted.found and not noted.is_unfinished:
        reporter.say(f"nothing to do: {noted.known:,} customers were erased before")
        return
    reporter.say(
        f"{noted.found:,} customers are to be erased; should this build fail, the next "
        "one leaves them out"
    )
    request = BuildRequest(
        accept_changed_raw=options.accept_changed_raw, command="erase"
    )
    with open_reader(engine.published) as reader:
        project = as_built(reader)
    # They may quote a row that was refused.
    for log in project.logs(engine.build_location):
        log.unlink()
    summary = build(engine, project, request, reporter)
    if Erasures.of(engine).pending:
        raise LeftUndoneError(
            f"{engine.location} was published without them, but something else may "
            "still hold them, as the warnings say; mend that, and finish: "
            + typed("erase")
        )
    reporter.say(
        f"erased {noted.found:,} customers from {summary.database} in "
        f"{summary.seconds:.1f} s; the versions before it were deleted"
    )


def _ids_from(name: str) -> Iterator[str]:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        lines = data.decode("utf-8-sig").split("\n")
    except OSError as error:
        raise PipelineError(f"{name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PipelineError(f"{name} is not UTF-8; expected an id a line") from None
    return (line.removesuffix("\r") for line in lines if line.strip())


def _say_of_unknown(
    engine: Engine, noted: Noted, given: int, reporter: Reporter
) -> None:
    """Say which ids nobody has, by their places: an id may be somebody's address."""
    if not noted.unknown:
        return
    places = listed([str(place) for place in noted.unknown])
    text = (
        f"{len(noted.unknown):,} of {given:,} ids are of no customer in "
        f"{engine.location}: number {places} of those given"
    )
    if not noted.found and not noted.known:
        raise PipelineError(text)
    reporter.warn(text)
