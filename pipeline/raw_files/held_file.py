"""A file held open from its check to the end of its load."""

import hashlib
import os
import stat
from pathlib import Path

from pipeline.errors import PipelineError

_CHUNK_BYTES = 1 << 20


class HeldFile:
    """A regular file, open.

    Its name may come to mean another file, and its bytes may change: the first does not
    matter to who reads `path`, and the second is seen by `has_changed`.

    Attributes:
        path: What opens the same file again, wherever its name points by then. No
            engine takes it for a pattern, whatever the file's folders are called.
        size: Its bytes.
        sha256: Their hash, as `sha256sum` prints it.
    """

    def __init__(self, path: Path) -> None:
        """Open and hash it.

        Raises:
            PipelineError: It is something else than a file.
            OSError: It cannot be read.
        """
        # Without waiting for the other end of what turns out to be a pipe.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        self._file = os.fdopen(os.open(path, flags), "rb", buffering=0)
        status = os.fstat(self._file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise PipelineError(f"{path} is not a regular file; expected a file")
        self.path = Path(f"/dev/fd/{self._file.fileno()}")
        self.size = status.st_size
        self._at_first = self._look()
        self.sha256 = self._hash()

    def close(self) -> None:
        """Let go of it."""
        self._file.close()

    def has_changed(self) -> bool:
        """Whether its bytes are others than at first, or were so for a while.

        The time of its last change is not enough: a program can set it, and some file
        systems count it in seconds.
        """
        return self._look() != self._at_first or self._hash() != self.sha256

    def _look(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return status.st_size, status.st_mtime_ns

    def _hash(self) -> str:
        digest = hashlib.sha256()
        # Not beyond the size: there are files that claim to be empty and never end.
        for start in range(0, self.size, _CHUNK_BYTES):
            digest.update(os.pread(self._file.fileno(), _CHUNK_BYTES, start))
        return digest.hexdigest()
