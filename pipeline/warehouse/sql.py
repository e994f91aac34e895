"""SQL text that the engines have in common."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress


def quoted(name: str, mark: str = '"') -> str:
    """A name as SQL quotes it, whatever is in it."""
    return mark + name.replace(mark, mark * 2) + mark


def column_definitions(
    columns: Sequence[tuple[str, str]], types: Mapping[str, str]
) -> str:
    """What stands between the brackets of `create table`.

    Args:
        columns: Name and type of each column: text, integer or real.
        types: What the engine calls these types.
    """
    return ", ".join(f"{quoted(name)} {types[kind]}" for name, kind in columns)


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
