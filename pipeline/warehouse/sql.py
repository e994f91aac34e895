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


# While tables are taken over: of customers who are to be erased, what stands for them
# from now on, by their ids as they are spelled there.
ERASED_IDS = "erased_ids"


def without_erased(
    relation: str, table: str, columns: Sequence[str], erased: str, mark: str = '"'
) -> str:
    """A query of what stays of a table without some customers.

    Their own rows go; where others name them, their new ids stand.

    Args:
        relation: The table as it is written in SQL.
        table: Its name.
        columns: Its columns.
        erased: The table of `old_id` and `new_id`.
        mark: How the engine quotes a name.
    """
    if "customer_id" not in columns:
        return f"select * from {relation}"  # noqa: S608
    if table == "raw_customers":
        return (
            f"select * from {relation} where customer_id is null "  # noqa: S608
            f"or customer_id not in (select old_id from {erased})"
        )
    listed = ", ".join(
        "coalesce(erased.new_id, held.customer_id) as customer_id"
        if column == "customer_id"
        else f"held.{quoted(column, mark)}"
        for column in columns
    )
    return (
        f"select {listed} from {relation} held "  # noqa: S608
        f"left join {erased} erased on held.customer_id = erased.old_id"
    )
