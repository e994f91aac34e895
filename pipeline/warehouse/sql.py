"""SQL text that the engines have in common."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress


def quoted(name: str, mark: str = '"') -> str:
    """A name as SQL quotes it, whatever is in it."""
    return mark + name.replace(mark, mark * 2) + mark


def make_table(
    execute: Callable[[str], object],
    relation: str,
    columns: Sequence[tuple[str, str]],
    types: Mapping[str, str],
) -> None:
    """Make an empty table in the place of one that may be there.

    Args:
        execute: Runs a statement.
        relation: The table as it is written in SQL.
        columns: Name and type of each column: text, integer or real.
        types: What the engine calls these types.
    """
    defined = ", ".join(f"{quoted(name)} {types[kind]}" for name, kind in columns)
    execute(f"drop table if exists {relation}")
    execute(f"create table {relation} ({defined})")


@contextmanager
def transaction(
    execute: Callable[[str], object], begin: str = "begin"
) -> Iterator[None]:
    """Commit what is done meanwhile, or roll it back."""
    execute(begin)
    try:
        yield
    except BaseException:
        with suppress(Exception):  # a full disk has rolled it back already
            execute("rollback")
        raise
    execute("commit")
