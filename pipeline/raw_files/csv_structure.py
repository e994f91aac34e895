"""Check the structure of CSV bytes against RFC 4180, a chunk at a time.

Python's csv module is lenient in places (a quote inside an unquoted field, a lone
carriage return, lines of any width), and looking at each row in Python costs more
than loading it. This check looks at whole chunks with numpy instead and keeps only a
few numbers from one chunk to the next: fast, and bounded in memory whatever a file
holds. LF and CRLF both end a line.
"""

import codecs
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pipeline.errors import RawFileError
from pipeline.raw_files.limits import Limits

_QUOTE, _LF, _CR = ord('"'), ord("\n"), ord("\r")

_NAMES = {ord(","): "a comma", ord("\t"): "a tab", ord(";"): "a semicolon"}

_LONE_RETURN = (
    "a carriage return without a line feed; expected lines that end in LF or CRLF"
)


def _members(*values: int) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, dtype=np.bool_)
    table[list(values)] = True
    return table


_Bytes = npt.NDArray[np.uint8]
_Positions = npt.NDArray[np.intp]
_Fault = tuple[int, int, str]  # line, rank among faults of a line, what


class CsvStructure:
    """Feed it the bytes of one file in order, then call `finish`.

    Attributes:
        records: Records seen so far, with the header, without blank lines at the end.
        longest_record: The bytes of the longest of them.
    """

    def __init__(
        self,
        file_name: str,
        width: int,
        limits: Limits,
        *,
        delimiter: str = ",",
        quoting: bool = True,
        first_line: int = 1,
    ) -> None:
        """Start at the first byte after any byte order mark.

        Args:
            file_name: How errors name the file.
            width: The number of fields that each record must have.
            limits: How long a field may be.
            delimiter: What stands between fields.
            quoting: Whether a quote has a meaning.
            first_line: The number of the line on which the bytes begin.
        """
        self.records = 0
        self.longest_record = 1
        self._limits = limits
        self._file_name = file_name
        self._delimiter = ord(delimiter)
        self._quoting = quoting
        # What may stand before an opening quote (a quote there closed the one before
        # it: the pair is an escaped quote), and after a closing one.
        self._before_opening = _members(self._delimiter, _LF, _QUOTE)
        self._after_closing = _members(self._delimiter, _LF, _CR, _QUOTE)
        self._width = width
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        # The byte before the chunk; the start of the file is as good as a line end.
        self._previous = _LF
        self._in_quotes = False
        self._quote_line = 0
        # Of the line that the chunk starts on, and of the record that is still open.
        self._line = first_line
        self._record_line = first_line
        self._record_bytes = 0
        self._record_commas = 0
        self._field_bytes = 0
        # Blank lines are allowed at the end only: the first one since a record.
        self._blank_line: int | None = None

    def feed(self, chunk: bytes) -> None:
        """Check the next bytes.

        Raises:
            RawFileError: What is wrong, on which line, and what was expected.
        """
        if not chunk:
            return
        self._check_encoding(chunk)
        # With the byte that came before, so that neighbours can always be compared.
        data = np.frombuffer(bytes((self._previous,)) + chunk, dtype=np.uint8)
        line_feeds = np.flatnonzero(data[1:] == _LF) + 1
        commas = np.flatnonzero(data[1:] == self._delimiter) + 1
        record_ends = line_feeds
        state: _Bytes | None = None
        faults: list[_Fault] = []
        if self._quoting and (
            b'"' in chunk or self._in_quotes or self._previous == _QUOTE
        ):
            state = self._quote_state(data)
            faults += self._quote_faults(data, state, line_feeds)
            record_ends = line_feeds[state[line_feeds] == 0]
            commas = commas[state[commas] == 0]
            self._in_quotes = bool(state[-1])
        if b"\r" in chunk or self._previous == _CR:
            faults += self._carriage_return_faults(data, state, line_feeds)
        self._check_field_lengths(len(data) - 1, record_ends, commas)
        faults += self._record_faults(data, line_feeds, record_ends, commas)
        if faults:
            line, _, what = min(faults)
            raise self._error(line, what)
        self._line += len(line_feeds)
        self._previous = int(data[-1])

    def finish(self) -> None:
        """Check what is known only at the end of the file.

        Raises:
            RawFileError: A quote was never closed, or the last record is ragged.
        """
        if self._in_quotes:
            raise self._error(
                self._quote_line,
                "a quote is opened here and never closed; expected a closing quote",
            )
        self._decode(b"", final=True)
        if self._previous == _CR:
            raise self._error(self._line, _LONE_RETURN)
        if self._previous != _LF:
            self.feed(b"\n")

    def _error(self, line: int, what: str) -> RawFileError:
        return RawFileError(f"{self._file_name}, line {line}: {what}")

    def _check_encoding(self, chunk: bytes) -> None:
        nul = chunk.find(b"\0")
        if nul >= 0:
            raise self._error(
                self._line + chunk.count(b"\n", 0, nul),
                "a NUL byte; expected UTF-8 text (is the file UTF-16?)",
            )
        if not chunk.isascii() or self._decoder.getstate()[0]:
            self._decode(chunk, final=False)

    def _decode(self, chunk: bytes, *, final: bool) -> None:
        try:
            self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            raise self._error(
                self._line + error.object.count(b"\n", 0, error.start),
                f"the byte 0x{error.object[error.start]:02X} is not UTF-8; "
                "save the file as UTF-8 (it may be Latin-1 or Windows-1252)",
            ) from None

    def _quote_state(self, data: _Bytes) -> _Bytes:
        """1 after each byte where a quote is open; an escaped pair toggles twice."""
        quotes = data == _QUOTE
        quotes[0] = self._in_quotes  # the byte before stands for all before it
        state: _Bytes = np.cumsum(quotes, dtype=np.uint8)  # wraps, and keeps its parity
        state &= 1
        return state

    def _quote_faults(
        self, data: _Bytes, state: _Bytes, line_feeds: _Positions
    ) -> Iterator[_Fault]:
        quotes = np.flatnonzero(data == _QUOTE)
        opening = quotes[(state[quotes] == 1) & (quotes > 0)]
        closing = quotes[state[quotes] == 0]
        # Not those that only continue a field after an escaped quote.
        starts = opening[data[opening - 1] != _QUOTE]

        bad = opening[~self._before_opening[data[opening - 1]]]
        if len(bad):
            yield (
                self._line_of(int(bad[0]), line_feeds),
                0,
                "a quote inside a field without quotes; expected the whole field in "
                "quotes, and each quote in it doubled",
            )
        after = closing[closing < len(data) - 1] + 1
        bad = after[~self._after_closing[data[after]]]
        if len(bad):
            line = self._line_of(int(bad[0]), line_feeds)
            before = starts[starts < bad[0]]
            opened = (
                self._line_of(int(before[-1]), line_feeds)
                if len(before)
                else self._quote_line
            )
            since = f" (its field's quote opened on line {opened})"
            yield (
                line,
                0,
                f"text after a closing quote{since if opened != line else ''}; "
                f"expected {_NAMES[self._delimiter]} or the end of the line",
            )
        if len(starts):
            self._quote_line = self._line_of(int(starts[-1]), line_feeds)

    def _carriage_return_faults(
        self, data: _Bytes, state: _Bytes | None, line_feeds: _Positions
    ) -> Iterator[_Fault]:
        returns = np.flatnonzero(data[:-1] == _CR)
        if state is not None:
            returns = returns[state[returns] == 0]
        bad = returns[data[returns + 1] != _LF]
        if len(bad):
            yield self._line_of(int(bad[0]), line_feeds), 1, _LONE_RETURN

    def _record_faults(
        self,
        data: _Bytes,
        line_feeds: _Positions,
        record_ends: _Positions,
        commas: _Positions,
    ) -> Iterator[_Fault]:
        """Compare each record's width; move the open record's numbers on."""
        if not len(record_ends):
            self._record_bytes += len(data) - 1
            self._record_commas += len(commas)
            return
        before = np.searchsorted(commas, record_ends)
        counts = np.diff(before, prepend=0)
        counts[0] += self._record_commas
        lengths = np.diff(record_ends, prepend=0) - 1
        lengths[0] += self._record_bytes
        self.longest_record = max(self.longest_record, int(lengths.max()))
        # data[end - 1] is the byte before even for a record that began earlier.
        blank = (lengths == 0) | ((lengths == 1) & (data[record_ends - 1] == _CR))

        def line_of_record(index: int) -> int:
            if index == 0:
                return self._record_line
            return self._line_of(int(record_ends[index - 1]) + 1, line_feeds)

        filled = np.flatnonzero(~blank)
        if len(filled):
            blank_line = self._blank_line
            earlier = np.flatnonzero(blank[: filled[-1]])
            if blank_line is None and len(earlier):
                blank_line = line_of_record(int(earlier[0]))
            if blank_line is not None:
                yield blank_line, 2, f"the line is blank; expected {self._fields()}"
            wrong = filled[counts[filled] != self._width - 1]
            if len(wrong):
                found = int(counts[wrong[0]]) + 1
                yield (
                    line_of_record(int(wrong[0])),
                    2,
                    f"{found} field{'s' if found > 1 else ''}; "
                    f"expected {self._fields()}, as in the header",
                )
            self._blank_line = None
        tail = int(filled[-1]) + 1 if len(filled) else 0
        if tail < len(record_ends) and self._blank_line is None:
            self._blank_line = line_of_record(tail)

        self.records += len(filled)
        self._record_line = self._line_of(int(record_ends[-1]) + 1, line_feeds)
        self._record_bytes = len(data) - 1 - int(record_ends[-1])
        self._record_commas = len(commas) - int(before[-1])

    def _check_field_lengths(
        self, length: int, record_ends: _Positions, commas: _Positions
    ) -> None:
        """Refuse a field that is too long; move the open field's number on.

        Fields that begin and end in one chunk are looked at only where a chunk can hold
        one that is too long.
        """
        limit = self._limits.field_bytes
        ends = [found[[0, -1]] for found in (record_ends, commas) if len(found)]
        lengths = [self._field_bytes + length]
        if ends:
            inner = np.concatenate(
                (record_ends, commas) if length > limit else ends, dtype=np.intp
            )
            inner.sort()
            lengths = [
                self._field_bytes + int(inner[0]) - 1,
                length - int(inner[-1]),
                int(np.diff(inner).max(initial=0)) - 1 if length > limit else 0,
            ]
            self._field_bytes = length - int(inner[-1])
        else:
            self._field_bytes += length
        if max(lengths) > limit:
            where = f"{self._file_name}, line {self._record_line}"
            raise self._limits.field_too_large(where)

    def _fields(self) -> str:
        return f"{self._width} field{'s' if self._width > 1 else ''}"

    def _line_of(self, position: int, line_feeds: _Positions) -> int:
        return self._line + int(np.searchsorted(line_feeds, position))
