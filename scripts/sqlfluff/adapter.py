"""Stands in for dbt's `adapter` when sqlfluff renders a model without dbt."""

from collections.abc import Callable


def dispatch(macro_name: str, macro_namespace: str = "") -> Callable[..., str]:
    """A macro for sqlfluff to call: it renders as a plain column name."""
    del macro_namespace
    return lambda *args, **kwargs: macro_name


def get_columns_in_relation(relation: object) -> list[str]:
    """No columns: without a database nobody knows them."""
    del relation
    return []
