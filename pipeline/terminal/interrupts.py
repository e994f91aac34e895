"""Stop within seconds when asked to, by Ctrl-C or by a service manager.

An interrupt is a KeyboardInterrupt first, so that everything can clean up. dbt waits
for the query that runs, and one that starts just after the interrupt may run for long.
A build may be killed at any moment, so after some grace the process simply ends.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

GRACE_SECONDS = 10.0
EXIT_INTERRUPTED = 130

_requested = threading.Event()
_done = threading.Event()


def work_is_done() -> None:
    """From now on an interrupt changes nothing, and is not to be reported as if."""
    _done.set()


def more_work() -> None:
    """What was done was a part: what follows can be interrupted, and can fail."""
    _done.clear()


def is_done() -> bool:
    """Whether the work was done, whatever has happened since."""
    return _done.is_set()


def is_requested() -> bool:
    """Whether an interrupt was asked for, even where a library has swallowed it."""
    return _requested.is_set()


@contextmanager
def interruptible(before_the_end: Callable[[], None]) -> Iterator[None]:
    """Handle interrupts while some work is done.

    Args:
        before_the_end: Called before the process ends without having cleaned up.
    """

    def end() -> None:
        before_the_end()
        os._exit(EXIT_INTERRUPTED)

    grace = threading.Timer(GRACE_SECONDS, end)
    grace.daemon = True

    def interrupt(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        if _done.is_set():
            return
        if not _requested.is_set():
            _requested.set()
            grace.start()
        raise KeyboardInterrupt

    _requested.clear()
    _done.clear()
    try:
        with _handled_by(interrupt):
            yield
    finally:
        grace.cancel()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Do the last step of some work: interrupts are ignored, and after it as well.

    Otherwise one between the rename and the exit code would be reported as "the
    published warehouse is as it was", and that would be wrong.

    Raises:
        KeyboardInterrupt: An interrupt had been asked for before.
    """
    if is_requested():
        raise KeyboardInterrupt
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with _handled_by(signal.SIG_IGN):
        yield
        work_is_done()


@contextmanager
def _handled_by(handler: Any) -> Iterator[None]:
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handler) for number in signals}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
