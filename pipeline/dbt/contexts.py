"""What a node's Jinja can name: dbt's functions, and some six hundred macros.

dbt makes these names to compile a node and again to run it, and looks each macro up in
a chain of mappings. They were a tenth of the demo shop's build.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dbt.context import providers
from dbt.context.base import BaseContext


class BuildContext(providers.ModelContext):
    """The names of one node."""

    def to_dict(self) -> dict[str, Any]:
        """The names, with what is known of the node by now."""
        names: dict[str, Any] = BaseContext.to_dict(self)
        for macros in reversed(tuple(self.namespace._search_order())):
            names.update(macros)
        return names


@contextmanager
def build_contexts() -> Iterator[None]:
    """Let dbt use them for a while: a node is run with those it was compiled with."""
    stock, compiled = providers.ModelContext, dict[int, BuildContext]()

    def context(node: Any, *rest: Any) -> BuildContext:
        if (kept := compiled.pop(id(node), None)) is None:
            kept = compiled[id(node)] = BuildContext(node, *rest)
        return kept

    setattr(providers, "ModelContext", context)  # noqa: B010
    try:
        yield
    finally:
        setattr(providers, "ModelContext", stock)  # noqa: B010
