"""How much a raw file may ask of the machine that reads it.

A small file can unpack to any size, and a single field can be as large as the file. The
limits are far beyond what a shop's export holds; who means more says so in the
environment.
"""

import os
from dataclasses import dataclass
from typing import Self

from pipeline.errors import PipelineError, RawFileError

# A file that unpacks to less is never too much, however small it is packed.
_ALWAYS_UNPACKED = 64 << 20
_VARIABLES = {
    "field_bytes": "DWH_MAX_FIELD_BYTES",
    "header_bytes": "DWH_MAX_HEADER_BYTES",
    "columns": "DWH_MAX_COLUMNS",
    "unpacked_ratio": "DWH_MAX_UNPACKED_RATIO",
}


@dataclass(frozen=True)
class Limits:
    """The limits, by default as they are where the environment says nothing.

    Attributes:
        field_bytes: Of one field.
        header_bytes: Of a CSV file's header.
        columns: Of one file.
        unpacked_ratio: A file's size unpacked to that packed.
    """

    field_bytes: int = 16 << 20
    header_bytes: int = 1 << 20
    columns: int = 5_000
    unpacked_ratio: int = 100

    @classmethod
    def from_environment(cls) -> Self:
        """The limits as the environment has them.

        Raises:
            PipelineError: A setting is no whole number.
        """
        given = {
            limit: _whole_number(name, text)
            for limit, name in _VARIABLES.items()
            if (text := os.environ.get(name))
        }
        return cls(**given)

    def field_too_large(self, where: str) -> RawFileError:
        """The error of a field that is too large."""
        return _exceeded(
            "field_bytes", f"{where}: a field of more than {self.field_bytes:,} bytes"
        )

    def check_unpacked(self, name: str, unpacked: int, packed: int) -> None:
        """Refuse a file that holds far more than its size tells."""
        if unpacked > max(_ALWAYS_UNPACKED, self.unpacked_ratio * packed):
            what = f"{name} unpacks to more than {self.unpacked_ratio} times its size"
            raise _exceeded("unpacked_ratio", what)

    def check_columns(self, where: str, columns: int) -> None:
        """Refuse a file of too many columns."""
        if columns > self.columns:
            what = f"{where}: {columns:,} columns, more than {self.columns:,}"
            raise _exceeded("columns", what)


def _exceeded(limit: str, what: str) -> RawFileError:
    return RawFileError(f"{what}; set {_VARIABLES[limit]} higher if it is meant")


def _whole_number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 1 << 40):
        raise PipelineError(f"{name} is {text!r}; expected a whole number above 0")
    return int(text)
