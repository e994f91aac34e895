"""Forget customers: note who is to be forgotten, and see that nothing holds them.

What happens in between is a build. It takes the raw rows over without them, so that
facts and reports are made of what stays, and deletes the versions before. What a kill
or a failed test interrupts, the next build of any kind finishes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.erasures import Erasures, ids_of_all_versions
from pipeline.erasures import clean_id as clean
from pipeline.errors import PipelineError
from pipeline.exports import renew_exports
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.engine import Engine


@dataclass(frozen=True)
class Noted:
    """What came of the ids that were given.

    Attributes:
        found: How many customers are to be erased.
        known: How many were erased before, and nothing holds them.
        unknown: The places of the other ids among those given, from 1.
        is_unfinished: Whether an erasure before was not finished.
    """

    found: int
    known: int
    unknown: tuple[int, ...]
    is_unfinished: bool


def note_erasures(
    engine: Engine, customer_ids: Sequence[str], reporter: Reporter
) -> Noted:
    """Write down who is to be erased, if anything holds them.

    From then on no load, batch or build brings them back, whatever comes of this one.

    Args:
        engine: Where.
        customer_ids: Their ids; blanks around one do not count.
        reporter: Told what was finished before.

    Raises:
        PipelineError: Nothing was written.
    """
    engine.check_requirements()
    engine.check_published()
    cleaned = [_clean(text, place) for place, text in enumerate(customer_ids, 1)]
    with engine.exclusive_use() as finished:
        if finished:
            reporter.say(finished)
        erasures = Erasures.of(engine)
        erasures.require_ledger(engine)
        wanted = set(cleaned)
        held = {clean(text) for text in ids_of_all_versions(engine)} & wanted
        known = {
            customer_id
            for customer_id in wanted - held
            if erasures.erased_id(customer_id) in erasures.customers
        }
        is_unfinished = bool(erasures.pending)
        if held:
            erasures.add(sorted(customer_id for customer_id in held if customer_id))
            erasures.write(engine)
    unknown = [n for n, text in enumerate(cleaned, 1) if text not in held | known]
    return Noted(len(held), len(known), tuple(unknown), is_unfinished)


def _clean(text: str, place: int) -> str:
    cleaned = clean(text)
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes of an argument that are none
        cleaned = None
    if cleaned is None:
        raise PipelineError(f"id {place} names nobody; expected a customer's id")
    return cleaned


def finish_erasures(engine: Engine, erasures: Erasures, reporter: Reporter) -> None:
    """After a build without them was published: see that nothing holds them any more.

    Holding the lock. What could not be done is said, and done after the next build.
    """
    try:
        engine.undo_unfinished()
        left = [
            f"{version} could not be deleted, and holds customers who are to be erased"
            for version in engine.kept_versions()
        ]
        left += renew_exports(engine, reporter)
        if not left:
            erasures.settle()
            erasures.write(engine)
    except (OSError, PipelineError) as error:  # the build is published all the same
        left = [f"customers are not erased everywhere: {error}"]
    for text in left:
        reporter.warn(text)
