"""Names and values in the text of a statement."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence

from pipeline.warehouse.arrow import ColumnTypes
from pipeline.warehouse.reader import Value
from pipeline.warehouse.sql import quoted

TYPES = {"text": "string", "integer": "bigint", "real": "double"}


def name_of(*parts: str) -> str:
    """The name of a schema, or of a table in one, as SQL has it."""
    return ".".join(quoted(part, "`") for part in parts)


def literal(text: str) -> str:
    """A text as SQL has it, whatever characters are in it."""
    # ${...} would be replaced by a setting or an environment variable of the server.
    for character, escaped in (("\\", "\\\\"), ("'", "\\'"), ("$", "\\u0024")):
        text = text.replace(character, escaped)
    return f"'{text}'"


def value_of(value: Value) -> str:
    """A value as SQL has it."""
    if value is None:
        return "null"
    if isinstance(value, dt.date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, float):
        return f"double({literal(str(value))})"
    return literal(value) if isinstance(value, str) else str(value).lower()


def sum_of_hashes(columns: Iterable[str]) -> str:
    """The sum of Spark's own hashes of the rows: they keep no order."""
    # xxhash64 passes nulls over, and would not see a value in the next column.
    values = ", ".join(
        f"coalesce(cast({name_of(column)} as string), char(0))" for column in columns
    )
    return f"sum(cast(xxhash64({values}) as decimal(20)))"


def query_of(columns: ColumnTypes, rows: Iterable[Sequence[object]]) -> str:
    """A query that has no rows but these, which go as one JSON text."""
    listed = [[None if v is None else str(v) for v in row] for row in rows]
    values = ", ".join(
        f"cast(line[{at}] as {TYPES[kind]}) as {quoted(name, '`')}"
        for at, (name, kind) in enumerate(columns)
    )
    text = literal(json.dumps(listed, ensure_ascii=False))
    return (
        f"select {values} from "  # noqa: S608
        f"(select explode(from_json({text}, 'array<array<string>>')) as line)"
    )
