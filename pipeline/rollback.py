"""Go back to a version that was published before, and forward again."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from pipeline.build_record import BUILD_INFO
from pipeline.erasures import refuse_unfinished
from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_LOADS
from pipeline.runs import PUBLISHED, recorded
from pipeline.terminal.interrupts import uninterrupted
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import open_reader
from pipeline.warehouse.engine import Engine
from pipeline.warehouse.errors import UnreadableError
from pipeline.warehouse.location import Location


@dataclass(frozen=True)
class Version:
    """A published version, or one that was.

    Attributes:
        number: How many versions ago; 0 is the published one.
        built_at: When it was built, UTC, ISO 8601; None if it does not say.
        origin: What it was built from.
        size: Its bytes; None where the engine does not tell.
        problem: Why it cannot be read; None if it can.
    """

    number: int
    built_at: str | None
    origin: str | None
    size: int | None
    problem: str | None = None

    def __str__(self) -> str:
        """What tells it from the others."""
        return f"the version built at {self.built_at or 'an unknown time'}"


def versions(engine: Engine) -> Iterator[Version]:
    """The published version and those that are kept, the newest first."""
    for number, place in enumerate([engine.published, *engine.kept_versions()]):
        if number or not place.is_file or place.path.exists():
            yield _version(engine, number, place)


def rollback(engine: Engine, number: int, reporter: Reporter) -> Version:
    """Publish a kept version again; the published one is kept in its place.

    Args:
        engine: Where.
        number: How many versions to go back, from 1.
        reporter: Told what was finished before, and could not be done afterwards.

    Raises:
        PipelineError: There is no such version, or it is damaged; the published
            warehouse is as it was.
    """
    engine.check_requirements()
    with recorded(engine, "rollback", reporter) as recorder, engine.lock():
        # A published file that is damaged is a reason to go back, not one to stay.
        with suppress(UnreadableError):
            if finished := engine.undo_unfinished():
                reporter.say(finished)
            engine.check_published()
        refuse_unfinished(engine)
        place = _kept_version(engine, number)
        recorder.begin()
        version = _version(engine, number, place)
        problem = version.problem or _problem(place)
        if problem:
            raise PipelineError(
                f"version {number} is damaged ({problem}); choose another: "
                "rollback --list shows them"
            )
        recorder.go_back_to(version.built_at)
        with uninterrupted():
            left_undone = engine.restore(place)
            recorder.know(outcome=PUBLISHED)
    for text in left_undone:
        reporter.warn(text)
    return version


def _kept_version(engine: Engine, number: int) -> Location:
    kept = engine.kept_versions()
    if not kept:
        raise PipelineError(
            f"no version before the published one is kept of {engine.location}; "
            "each build keeps the one that it replaces (var keep_versions)"
        )
    if not 1 <= number <= len(kept):
        raise PipelineError(
            f"there is no version {number} of {engine.location}; the kept ones are 1 "
            f"(the newest) to {len(kept)}: rollback --list shows them"
        )
    return kept[number - 1]


def _version(engine: Engine, number: int, place: Location) -> Version:
    size, info, problem = engine.bytes_of(place), [], None
    try:
        with open_reader(place) as reader:
            if BUILD_INFO in reader.tables:
                info = reader.fetch(f"select built_at, origin from {BUILD_INFO}")  # noqa: S608
    except PipelineError as error:
        problem = str(error)
    built_at, origin = info[0] if info else (None, None)
    return Version(number, built_at, origin, size, problem)


def _problem(place: Location) -> str | None:
    """What is wrong with a version; None where it is whole."""
    with open_reader(place) as reader:
        if RAW_LOADS not in reader.tables:
            return f"{place} holds no {RAW_LOADS}"
        return next(reader.damage(), None)
