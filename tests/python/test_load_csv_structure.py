"""The structure check accepts exactly RFC 4180, in chunks of any size."""

import csv
import io
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.errors import PipelineError
from pipeline.raw_files.csv_structure import CsvStructure
from pipeline.raw_files.limits import Limits

csv.field_size_limit(sys.maxsize)


def reference_records(text: str) -> list[list[str]] | None:
    """RFC 4180 read one character after the other; None where the text breaks it.

    LF ends a line like CRLF does. A blank line is the empty record.
    """
    if text.endswith("\r"):
        return None
    if text and not text.endswith("\n"):
        text += "\n"
    records: list[list[str]] = []
    record: list[str] = []
    field = ""
    blank = False
    state = "start"  # of a field; or "plain", "quoted", "closed", "return"
    for character in text:
        if state == "quoted":
            if character == '"':
                state = "closed"
            else:
                field += character
        elif state == "closed" and character == '"':
            field += '"'
            state = "quoted"
        elif character == "\n":
            if state != "return":
                blank = state == "start" and not record
            records.append([] if blank else [*record, field])
            record, field, state = [], "", "start"
        elif state == "return":
            return None
        elif character == "\r":
            blank = state == "start" and not record
            state = "return"
        elif character == ",":
            record.append(field)
            field, state = "", "start"
        elif state == "start" and character == '"':
            state = "quoted"
        elif state == "closed" or character == '"':
            return None
        else:
            field += character
            state = "plain"
    return None if state != "start" else records


def expected_records(text: str, width: int) -> list[list[str]] | None:
    """What may be loaded: records of one width, blank lines at the end only."""
    records = reference_records(text)
    if records is None:
        return None
    while records and not records[-1]:
        records.pop()
    return records if all(len(record) == width for record in records) else None


def check_structure(data: bytes, width: int, chunk_bytes: int) -> int:
    structure = CsvStructure("file.csv", width, Limits())
    for start in range(0, len(data), chunk_bytes):
        structure.feed(data[start : start + chunk_bytes])
    structure.finish()
    return structure.records


def structure_records(text: str, width: int, chunk_bytes: int) -> int | None:
    try:
        return check_structure(text.encode(), width, chunk_bytes)
    except PipelineError:
        return None


@given(
    st.text(alphabet='ab,"\n\ré', max_size=40),
    st.integers(1, 3),
    st.integers(1, 41),
)
@example('a,b\n"x\n",y\n', 2, 3)
@example('a,b\n"x""",y\n\n\n', 2, 1)
@example('a,b\r\n"x",y\r\n', 2, 2)
@example('a,b\nx",y\n', 2, 5)
@example("a,b\n\nx,y\n", 2, 4)
@example("a,b\rx,y\r", 2, 4)
@example('a\n""\n\n', 1, 4)
@example("a\nx\r", 1, 3)
@example('a,b\n""\n', 2, 4)
def test_structure_check_agrees_with_a_reader_of_single_characters(
    text: str, width: int, chunk_bytes: int
) -> None:
    expected = expected_records(text, width)

    found = structure_records(text, width, chunk_bytes)

    assert found == (None if expected is None else len(expected))
    if expected is not None:
        # What passes is read by Python's csv module as RFC 4180 means it.
        lines = io.StringIO(text, newline="")
        rows = [row for row in csv.reader(lines, strict=True) if row]
        assert rows == expected


@given(
    st.lists(
        st.lists(st.text(alphabet='ab ,"\n\ré😀', max_size=5), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.integers(1, 60),
)
def test_whatever_a_writer_writes_is_accepted(
    rows: list[list[str]], line_end: str, quoting: int, chunk_bytes: int
) -> None:
    quoted = [
        [
            '"' + field.replace('"', '""') + '"'
            if quoting == csv.QUOTE_ALL or set(field) & set(',"\n\r')
            else field
            for field in row
        ]
        for row in rows
    ]
    text = "".join(",".join(row) + line_end for row in quoted)

    assert structure_records(text, 3, chunk_bytes) == len(rows)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,b\n1,2\n3\n", "line 3: 1 field; expected 2 fields, as in the header"),
        (b"a,b\n1,2,3\n", "line 2: 3 fields; expected 2 fields, as in the header"),
        (b"a,b\n1,2\n3,4,5", "line 3: 3 fields; expected 2 fields"),
        (b'a,b\n"1\n2",2\n3\n', "line 4: 1 field; expected 2 fields"),
        (b"a,b\n\n1,2\n", "line 2: the line is blank; expected 2 fields"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "line 3: a quote is opened here and never closed"),
        (b'a,b\n1,"2"x\n', "line 2: text after a closing quote"),
        (
            b'a,b\n1,"2\n3,4\n5,"6\n',
            "line 4: text after a closing quote (its field's quote opened on line 2)",
        ),
        (b'a,b\n1,2"\n', "line 2: a quote inside a field without quotes"),
        (b'a,b\n1, "2"\n', "line 2: a quote inside a field without quotes"),
        (b"a,b\n1,\x002\n", "line 2: a NUL byte"),
        (b"a,b\n1,2\n\xe9,2\n", "line 3: the byte 0xE9 is not UTF-8"),
        (b"a,b\n1,2\n1,\xc3", "line 3: the byte 0xC3 is not UTF-8"),
        (b"a,b\r1,2\r", "line 1: a carriage return without a line feed"),
    ],
)
@pytest.mark.parametrize("chunk_bytes", [1, 3, 1000])
def test_the_first_fault_is_named_with_its_line(
    data: bytes, message: str, chunk_bytes: int
) -> None:
    with pytest.raises(PipelineError) as error:
        check_structure(data, 2, chunk_bytes)

    assert str(error.value).startswith(f"file.csv, {message}")
