"""A second reader of raw CSV files, written from the contract's text alone.

It goes through the bytes one after the other, as RFC 4180's grammar does, and shares
nothing with the pipeline, nor with Python's csv module: neither code nor shortcuts.
Where the two disagree, one of them, or the text of the contract, is wrong.
"""

from collections.abc import Iterator

_COMMA, _QUOTE, _LF, _CR = b',"\n\r'
_BOM = b"\xef\xbb\xbf"
# Unicode's property White_Space, and the four separators of ASCII.
_WHITE_SPACE = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
_WHITE_SPACE += "".join(map(chr, range(0x2000, 0x200B)))

Row = tuple[str | None, ...]


class RefusedError(Exception):
    """The file does not hold to the contract."""


def read(
    data: bytes,
    columns: tuple[str, ...],
    required: frozenset[str],
    *,
    may_be_empty: bool,
) -> list[Row]:
    """The rows of a raw file: the contract's columns in its order, empty ones None.

    Raises:
        RefusedError: Why the contract refuses the file.
    """
    if b"\0" in data:
        raise RefusedError("a NUL byte")
    if not _is_utf_8(data):
        raise RefusedError("not UTF-8")
    data = data.removeprefix(_BOM)
    if not data and may_be_empty:
        return []
    records = list(_records(data))
    while records and records[-1] is None:  # blank lines at the end
        records.pop()
    if not records:
        raise RefusedError("no header")
    if None in records:
        raise RefusedError("a blank line")
    header, *rows = [record for record in records if record is not None]
    positions = _positions(header, columns, required)
    if any(len(row) != len(header) for row in rows):
        raise RefusedError("a ragged line")
    if not rows and not may_be_empty:
        raise RefusedError("no rows")
    return [
        tuple(
            (row[position].decode() or None) if position is not None else None
            for position in positions
        )
        for row in rows
    ]


def _positions(
    header: list[bytes], columns: tuple[str, ...], required: frozenset[str]
) -> list[int | None]:
    names = [_plain(name) for name in header]
    named = [name for name in names if name]
    if len(named) != len(set(named)):
        raise RefusedError("a column twice")
    found = [names.index(c) if c in names else None for c in columns]
    for column, position in zip(columns, found, strict=True):
        if column in required and position is None:
            raise RefusedError(f"no column {column}")
    return found


def _plain(name: bytes) -> str:
    """Without regard to the case of A to Z, and without the white space around it."""
    letters = [chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in name.decode()]
    while letters and letters[0] in _WHITE_SPACE:
        del letters[0]
    while letters and letters[-1] in _WHITE_SPACE:
        del letters[-1]
    return "".join(letters)


def _records(data: bytes) -> Iterator[list[bytes] | None]:
    """Records of RFC 4180, CRLF or LF; None for a blank line."""
    at = 0
    while at < len(data):
        end = _line_end(data, at)
        if end:
            yield None
            at += end
            continue
        record = []
        while True:
            field, at = _field(data, at)
            record.append(field)
            if at < len(data) and data[at] == _COMMA:
                at += 1
                continue
            break
        if at < len(data):
            end = _line_end(data, at)
            if not end:
                raise RefusedError(f"byte {at}: expected a comma or the line's end")
            at += end
        yield record


def _line_end(data: bytes, at: int) -> int:
    """How many bytes of a line's end stand here: 0 if none does."""
    if data[at] == _LF:
        return 1
    return 2 if data[at : at + 2] == b"\r\n" else 0


def _field(data: bytes, at: int) -> tuple[bytes, int]:
    """The field that begins here, and where what follows it begins."""
    if at < len(data) and data[at] == _QUOTE:
        return _quoted(data, at + 1)
    start = at
    while at < len(data) and data[at] not in (_COMMA, _LF, _CR):
        if data[at] == _QUOTE:
            raise RefusedError(f"byte {at}: a quote inside a field without quotes")
        at += 1
    return data[start:at], at


def _quoted(data: bytes, at: int) -> tuple[bytes, int]:
    field = bytearray()
    while at < len(data):
        if data[at] != _QUOTE:
            field.append(data[at])
            at += 1
        elif data[at + 1 : at + 2] == b'"':
            field.append(_QUOTE)
            at += 2
        else:
            return bytes(field), at + 1
    raise RefusedError("a quote that is never closed")


def _is_utf_8(data: bytes) -> bool:
    """By the table of well-formed byte sequences (Unicode, table 3-7)."""
    at = 0
    while at < len(data):
        first = data[at]
        if first < 0x80:
            at += 1
            continue
        low, high = 0x80, 0xBF
        if 0xC2 <= first <= 0xDF:
            more = 1
        elif 0xE0 <= first <= 0xEF:
            more = 2
            low = 0xA0 if first == 0xE0 else low
            high = 0x9F if first == 0xED else high
        elif 0xF0 <= first <= 0xF4:
            more = 3
            low = 0x90 if first == 0xF0 else low
            high = 0x8F if first == 0xF4 else high
        else:
            return False
        following = data[at + 1 : at + 1 + more]
        if len(following) < more or not low <= following[0] <= high:
            return False
        if any(not 0x80 <= byte <= 0xBF for byte in following[1:]):
            return False
        at += 1 + more
    return True
