"""Standard output and standard error that never stop the work they report on.

A full disk under a log, a closed pipe or an encoding without the letters of a name is
no reason to call a published warehouse a failure.
"""

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast


class LossyStream:
    """A text stream that goes silent once it cannot be written.

    Attributes:
        fault: Why it went silent; None where it did not.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.fault: Exception | None = None if stream else OSError("it is closed")
        if isinstance(stream, io.TextIOWrapper):
            # Letters that the encoding lacks are escaped.
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        """Write, if that is possible."""
        self._attempt(lambda stream: stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Write what waits."""
        self._attempt(lambda stream: stream.flush())

    def isatty(self) -> bool:
        """Whether a person sits before it."""
        return self._stream is not None and self._stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _attempt(self, action: Callable[[TextIO], object]) -> None:
        if self.fault is not None or self._stream is None:
            return
        try:
            action(self._stream)
        except (OSError, ValueError) as error:  # ValueError: it was closed meanwhile
            self.fault = error
            _discard_buffer(self._stream)


@contextmanager
def unfailing_output() -> Iterator[LossyStream]:
    """Put such streams in the place of standard output and standard error.

    Yields:
        Standard output.
    """
    _open_closed_descriptors()
    before = sys.stdout, sys.stderr
    out, err = LossyStream(sys.stdout), LossyStream(sys.stderr)
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        yield out
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def _open_closed_descriptors() -> None:
    """A database would otherwise get a closed stream's number, and then its text."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _discard_buffer(stream: TextIO) -> None:
    """Let what waits in the buffer go nowhere; Python would fail on it when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
