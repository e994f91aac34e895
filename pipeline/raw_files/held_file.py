"""A file held open from its check to the end of its load."""

import hashlib
import os
import stat
from functools import cached_property
from pathlib import Path

from pipeline.errors import RawFileError

_CHUNK_BYTES = 1 << 20


class HeldFile:
    """A regular file, open.

    Its name may come to mean another file, and its bytes may change: the first does not
    matter to who reads `path`, and the second is seen by `has_changed`.

    Attributes:
        path: What opens the same file again, wherever its name points by then. No
            engine takes it for a pattern, whatever the file's folders are called.
        size: Its bytes.
    """

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            RawFileError: It is something else than a file, or cannot be read.
        """
        # Without waiting for the other end of what turns out to be a pipe.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        try:
            descriptor = os.open(path, flags)
        except OSError as error:
            raise cannot_be_read(path, error) from None
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            is_folder = stat.S_ISDIR(status.st_mode)
            raise RawFileError(
                f"{path} is {'a folder' if is_folder else 'not a regular file'}; "
                "expected a file"
            )
        self._file = os.fdopen(descriptor, "rb", buffering=0)
        self.path = Path(f"/dev/fd/{descriptor}")
        self.size = status.st_size
        self._first_status = self._status()

    @cached_property
    def sha256(self) -> str:
        """The hash of its bytes when it was first asked for, as `sha256sum` prints it.

        To be asked for before anything is read.
        """
        return self._hash()

    def has_changed(self) -> bool:
        """Whether its bytes are others than at first, or were so for a while.

        The time of its last change is not enough: a program can set it, and some file
        systems count it in seconds.
        """
        return self._status() != self._first_status or self._hash() != self.sha256

    def close(self) -> None:
        """Let go of it."""
        self._file.close()

    def _status(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return status.st_size, status.st_mtime_ns

    def _hash(self) -> str:
        digest = hashlib.sha256()
        # Not beyond the size: there are files that claim to be empty and never end.
        for start in range(0, self.size, _CHUNK_BYTES):
            digest.update(os.pread(self._file.fileno(), _CHUNK_BYTES, start))
        return digest.hexdigest()


def cannot_be_read(path: Path, error: OSError) -> RawFileError:
    """The error of a file or folder that the system does not let us read."""
    return RawFileError(f"{path} cannot be read: {error.strerror or error}")
