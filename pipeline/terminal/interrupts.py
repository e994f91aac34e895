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

GRACE_SECONDS = 10.0
EXIT_INTERRUPTED = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_requested = threading.Event()
_done = threading.Event()


def work_is_done() -> None:
    """From now on an interrupt changes nothing, and is not to be reported as if."""
    _done.set()


def is_done() -> bool:
    """Whether the work was done, whatever has happened since."""
    return _done.is_set()


def raise_if_requested() -> None:
    """Raise what an interrupt raised before, where a library has swallowed it.

    Raises:
        KeyboardInterrupt: An interrupt was asked for.
    """
    if _requested.is_set():
        raise KeyboardInterrupt


@contextmanager
def interruptible(last_words: Callable[[], None]) -> Iterator[None]:
    """Handle interrupts while some work is done.

    Args:
        last_words: Called before the process ends without having cleaned up.
    """
    timers: list[threading.Timer] = []

    def give_up() -> None:
        last_words()
        os._exit(EXIT_INTERRUPTED)

    def handle(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        if _done.is_set():
            return
        if not _requested.is_set():
            _requested.set()
            timer = threading.Timer(GRACE_SECONDS, give_up)
            timer.daemon = True
            timer.start()
            timers.append(timer)
        raise KeyboardInterrupt

    _requested.clear()
    _done.clear()
    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Do the last step of some work: interrupts are ignored, and after it as well.

    Otherwise one between the rename and the exit code would be reported as "the
    published warehouse is as it was", and that would be wrong.

    Raises:
        KeyboardInterrupt: An interrupt had been asked for before.
    """
    raise_if_requested()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        raise_if_requested()
        yield
        work_is_done()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
