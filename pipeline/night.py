"""A night: load what a shop has dropped into a folder, the inbox, and build once.

The inbox has a folder a batch; the order of their names is that of the batches. What is
loaded is moved to `done`, and what cannot be is moved to `refused`, with its reason.
A night may end at any moment: what was not moved is there for the next one, and a batch
that is loaded twice changes nothing.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from pipeline.batches import blamed_on
from pipeline.build import Batch, BuildRequest, build, require_shop
from pipeline.build_record import BuildSummary
from pipeline.dbt.project import Project
from pipeline.dbt.run import DbtSession
from pipeline.errors import BuildFailedError, PipelineError, RawFileError
from pipeline.private_files import private_files
from pipeline.raw_files.header import listed
from pipeline.terminal.interrupts import more_work
from pipeline.terminal.printable import printable
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.engine import Engine, file_lock

DONE, REFUSED = "done", "refused"
# The file that says that a batch is all there, as Hadoop and Spark write it.
COMPLETE = "_SUCCESS"
# Without it: a batch in which nothing changed for so long.
SETTLE_MINUTES = 10.0
# Beside the files of a batch that was refused: why.
REASON = "_REFUSED"

# Makes raw files of what is in a folder of the inbox, for as long as they are needed.
Opened = Callable[[Path], AbstractContextManager[Batch]]


@contextmanager
def as_raw_files(folder: Path) -> Iterator[Batch]:
    """The folder itself, for a shop that drops raw files."""
    yield Batch(str(folder))


def require_inbox(inbox: Path) -> None:
    """Refuse what is no folder, or one that nothing can be moved in."""
    if not inbox.is_dir():
        raise PipelineError(f"the inbox {inbox} is no folder; make it")
    if not os.access(inbox, os.R_OK | os.W_OK | os.X_OK):
        raise PipelineError(
            f"the inbox {inbox} cannot be read and written; a batch that is loaded is "
            "moved there"
        )


def waiting(inbox: Path, settle_minutes: float, reporter: Reporter) -> list[Path]:
    """The batches that can be loaded, in their order.

    One that is still being written, and those after it, wait for another night: an
    order's latest version must come last.
    """
    found: list[Path] = []
    for path in sorted(inbox.iterdir()):
        if path.name.startswith(".") or path.name in (DONE, REFUSED):
            continue
        if not path.is_dir():
            reporter.warn(f"{path} is in no batch's folder, and is left there")
        elif _is_complete(path, settle_minutes * 60):
            found.append(path)
        else:
            reporter.warn(
                f"{path} may still be written: no {COMPLETE} in it, and something "
                f"changed less than {settle_minutes:g} minutes ago; it waits, and "
                "whatever comes after it"
            )
            break
    return found


def _is_complete(batch: Path, settle_seconds: float) -> bool:
    if (batch / COMPLETE).exists():
        return True
    # By the time of change, which the kernel keeps: whoever copies a file may give it
    # an old time of modification. One far ahead is from before the clock was set back.
    try:
        changes = [path.stat().st_ctime for path in (batch, *batch.rglob("*"))]
    except FileNotFoundError:
        return False
    return abs(time.time() - max(changes)) >= settle_seconds


def night(
    engine: Engine,
    project: Project,
    inbox: Path,
    reporter: Reporter,
    on_published: Callable[[BuildSummary], None],
    *,
    settle_minutes: float = SETTLE_MINUTES,
    opened: Opened = as_raw_files,
    session_type: type[DbtSession] = DbtSession,
) -> None:
    """Load the batches that wait, build with them, and move them out of the way.

    Without any it builds as well: how old the data are is asked of every build.

    Raises:
        BatchesRefusedError: Some were refused; what could be loaded is published.
        PipelineError: Nothing could be built, and it is no batch's fault: all wait.
    """
    engine.check_requirements()
    engine.check_published()
    require_shop(engine)
    require_inbox(inbox)
    with file_lock(inbox / ".lock", str(inbox)):
        batches = waiting(inbox, settle_minutes, reporter)
        work = _Night(
            engine, project, inbox, reporter, on_published, opened, session_type
        )
        work.load(batches)
    if work.refused:
        more_work()
        raise BatchesRefusedError(work.refused, len(batches))


class BatchesRefusedError(PipelineError):
    """Some batches were not loaded, and never will be as they are.

    Its exit code tells a scheduler that to try again is of no use.
    """

    exit_code = 3

    def __init__(self, refused: Sequence[Path], count: int) -> None:
        self.kind = f"{len(refused)} of {count} batches refused"
        names = listed(sorted(batch.name for batch in refused))
        super().__init__(
            f"{self.kind}: {names}; they are in {refused[0].parent}, each with its "
            f"reason in {REASON}; mend them and drop them again"
        )


class _Night:
    """One night's work.

    Attributes:
        refused: The batches that were, where they are now.
    """

    def __init__(
        self,
        engine: Engine,
        project: Project,
        inbox: Path,
        reporter: Reporter,
        on_published: Callable[[BuildSummary], None],
        opened: Opened,
        session_type: type[DbtSession],
    ) -> None:
        self._engine, self._project, self._inbox = engine, project, inbox
        self._reporter, self._on_published = reporter, on_published
        self._opened, self._session_type = opened, session_type
        self._has_built = False
        self.refused: list[Path] = []

    def load(self, batches: Sequence[Path]) -> None:
        """Load batches in one build, or in as few as leave out those to be refused.

        Raises:
            PipelineError: Nothing can be built, whatever the batches.
        """
        try:
            self._build(batches)
        except RawFileError as error:
            if error.batch is None:
                raise
            self._refuse(batches[error.batch], error)
            if rest := [b for n, b in enumerate(batches) if n != error.batch]:
                self.load(rest)
        except BuildFailedError as error:
            if not batches:
                raise
            self._reporter.warn(str(error))
            if len(batches) > 1:
                middle = len(batches) // 2
                self.load(batches[:middle])
                self.load(batches[middle:])
                return
            # It is the batch's fault if the warehouse can be built without it.
            if not self._has_built:
                self._build([])
            self._refuse(batches[0], error)
        else:
            # The oldest first: where a kill cuts this short, the next night loads the
            # newer ones once more, and no older one after them.
            for batch in batches:
                self._move(batch, DONE)

    def _build(self, batches: Sequence[Path]) -> None:
        more_work()
        names = ", ".join(batch.name for batch in batches)
        self._reporter.say(f"loading {names}" if names else "no batch waits")
        with ExitStack() as stack:
            opened = []
            for position, batch in enumerate(batches):
                with blamed_on(position):
                    opened.append(stack.enter_context(self._opened(batch)))
            summary = build(
                self._engine,
                self._project,
                BuildRequest(batches=opened),
                self._reporter,
                self._session_type,
            )
        self._has_built = True
        self._on_published(summary)

    def _refuse(self, batch: Path, error: PipelineError) -> None:
        # It may quote what stands in a row.
        with private_files():
            (batch / REASON).write_text(f"{printable(str(error))}\n", encoding="utf-8")
        self.refused.append(self._move(batch, REFUSED))
        self._reporter.warn(f"refused {batch.name}: {error}")

    def _move(self, batch: Path, where: str) -> Path:
        """Move it to a name that nothing has: nothing is written over."""
        folder = self._inbox / where
        target, number = folder / batch.name, 1
        try:
            folder.mkdir(exist_ok=True)
            while target.exists():
                number += 1
                target = folder / f"{batch.name}.{number}"
            return batch.rename(target)
        except OSError as error:
            more_work()
            raise PipelineError(
                f"{batch} cannot be moved to {target} ({error.strerror}); what stays "
                "in the inbox is loaded once more by the next night"
            ) from None
