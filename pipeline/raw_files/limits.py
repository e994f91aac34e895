"""How much a raw file may ask of the machine that reads it.

A small file can unpack to any size, and a single field can be as large as the file. The
limits are far beyond what a shop's export holds; who means more says so in the
environment.
"""

import os
from dataclasses import dataclass, field

from pipeline.errors import PipelineError

# A file that unpacks to less is never too much, however small it is packed.
_ALWAYS_UNPACKED = 64 << 20


def _setting(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 1 << 40):
        raise PipelineError(f"{name} is {text!r}; expected a whole number above 0")
    return int(text)


@dataclass(frozen=True)
class Limits:
    """The limits as the environment has them.

    Attributes:
        field_bytes: Of one field.
        header_bytes: Of a CSV file's header.
        columns: Of one file.
        unpacked_ratio: A file's size unpacked to that packed.

    Raises:
        PipelineError: A setting is no whole number.
    """

    field_bytes: int = field(
        default_factory=lambda: _setting("DWH_MAX_FIELD_BYTES", 16 << 20)
    )
    header_bytes: int = field(
        default_factory=lambda: _setting("DWH_MAX_HEADER_BYTES", 1 << 20)
    )
    columns: int = field(default_factory=lambda: _setting("DWH_MAX_COLUMNS", 5_000))
    unpacked_ratio: int = field(
        default_factory=lambda: _setting("DWH_MAX_UNPACKED_RATIO", 100)
    )

    def refuse_unpacked(self, name: str, unpacked: int, packed: int) -> None:
        """Refuse a file that holds far more than its size tells.

        Args:
            name: How to name the file.
            unpacked: The bytes that it holds, or those known so far.
            packed: Its size.
        """
        if unpacked > max(_ALWAYS_UNPACKED, self.unpacked_ratio * packed):
            raise PipelineError(
                f"{name} unpacks to more than {self.unpacked_ratio} times its size; "
                "set DWH_MAX_UNPACKED_RATIO higher if it is meant"
            )

    def refuse_field(self, where: str) -> PipelineError:
        """The error of a field that is too large."""
        return PipelineError(
            f"{where}: a field of more than {self.field_bytes:,} bytes; set "
            "DWH_MAX_FIELD_BYTES higher if it is meant"
        )

    def refuse_columns(self, where: str, columns: int) -> None:
        """Refuse a file of too many columns."""
        if columns > self.columns:
            raise PipelineError(
                f"{where}: {columns:,} columns, more than {self.columns:,}; set "
                "DWH_MAX_COLUMNS higher if they are meant"
            )
