"""Match a file's header to the contract of its table."""

import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import RawFileError
from pipeline.raw_files.contract import RawTable

_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


# Of A to Z only: other letters have no part in the names of the contract, and some of
# them become one of it in lower case.
_LOWER_CASE = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

# As much of names that somebody else chose as a person reads.
_LISTED = 20
_SHORT = 60


@dataclass(frozen=True)
class Header:
    """Where the table's columns stand in a file.

    Attributes:
        columns: The contract's columns that the file has, in contract order.
        positions: For each of `columns`, its position in the file.
        width: How many fields a line of the file has.
        unknown: Names of the file's columns that the contract does not know.
    """

    columns: tuple[str, ...]
    positions: tuple[int, ...]
    width: int
    unknown: tuple[str, ...]


# Of a file that is empty.
NO_HEADER = Header((), (), 0, ())


def match_header(names: Sequence[str], table: RawTable, where: str) -> Header:
    """Match column names without regard to case and surrounding blanks.

    Raises:
        RawFileError: A column is missing or there twice, or the file is separated
            by something else than commas.
    """
    plain = [name.strip().translate(_LOWER_CASE) for name in names]
    counts = Counter(filter(None, plain))
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise RawFileError(
            f"{where}: the column {_short(twice[0])} is there {counts[twice[0]]} "
            "times; expected it once"
        )
    missing = [
        name for name in table.columns if name in table.required and name not in plain
    ]
    if missing:
        if len(names) == 1:
            for delimiter, called in _OTHER_DELIMITERS.items():
                if delimiter in names[0]:
                    raise RawFileError(
                        f"{where}: the columns are separated by {called}; "
                        "expected commas"
                    )
        if not any(plain):
            raise RawFileError(
                f"{where}: the line is blank; expected the column names "
                f"{', '.join(table.columns)}"
            )
        plural = "s" if len(missing) > 1 else ""
        raise RawFileError(
            f"{where}: missing required column{plural} {', '.join(missing)}; "
            f"found {listed([name.strip() or '(no name)' for name in names])}"
        )
    position_of = {name: position for position, name in enumerate(plain)}
    present = tuple(name for name in table.columns if name in position_of)
    return Header(
        columns=present,
        positions=tuple(position_of[name] for name in present),
        width=len(names),
        unknown=tuple(
            name.strip() or f"(no name, column {position})"
            for position, name in enumerate(names, start=1)
            if plain[position - 1] not in table.columns
        ),
    )


def listed(names: Sequence[str]) -> str:
    """Names for a message: the first of them, and how many there are more."""
    more = f", and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(map(_short, names[:_LISTED])) + more


def _short(name: str) -> str:
    return name if len(name) <= _SHORT else f"{name[:_SHORT]}..."
