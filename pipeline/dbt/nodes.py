"""What came of each seed, model and test, read from dbt's results."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.dbt.oddities import plain_message

_FAILED = ("error", "fail", "runtime error")


@dataclass(frozen=True)
class BuildTest:
    """One test of the data in a build: a row of `build_tests`.

    Attributes:
        model_name: Name of the model (or seed) it tests.
        table_name: That model's table, such as DimCustomer.
        column_name: The column, or columns, where it is about some.
        severity: `error` or `warn`.
        status: `pass`, `warn`, `fail`, `error` or `skipped`.
        failures: Rows that failed.
        description: Of the test, or of its kind.
    """

    unique_id: str
    name: str
    model_name: str | None
    table_name: str | None
    column_name: str | None
    severity: str
    status: str
    failures: int | None
    execution_seconds: float
    description: str | None


@dataclass(frozen=True)
class Node:
    """What came of one seed, model or test.

    Attributes:
        kind: `seed`, `model`, `test` or `operation`.
        layer: The folder of a model, such as `staging`, or among the marts `sales`;
            empty for others.
        table: The table's name in the database; empty for tests.
        status: `success`, `pass`, `warn`, `fail`, `error` or `skipped`.
        test: For tests: what it is about, and what it found.
    """

    unique_id: str
    name: str
    kind: str
    layer: str
    table: str
    status: str
    message: str
    seconds: float
    test: BuildTest | None = None

    @property
    def is_failed(self) -> bool:
        """Whether it failed; one that was skipped because of others did not."""
        return self.status in _FAILED


def read_node(result: Any, manifest: Any) -> Node:
    """What dbt's result of one node says."""
    node = result.node
    kind = str(node.resource_type)
    is_test = kind in ("test", "unit_test")
    folders = [folder for folder in node.fqn[1:-1] if folder != "marts"]
    return Node(
        unique_id=node.unique_id,
        name=node.name,
        kind="test" if is_test else kind,
        layer=folders[0] if kind == "model" and folders else "",
        table=node.alias if kind in ("model", "seed") else "",
        status=str(result.status),
        message=plain_message(str(result.message or "")),
        seconds=float(result.execution_time),
        test=_read_test(result, manifest) if is_test else None,
    )


def _read_test(result: Any, manifest: Any) -> BuildTest:
    node = result.node
    # Of a generic test: its kind, and the arguments that it was given.
    generic = getattr(node, "test_metadata", None)
    # A generic test is attached to its model; another is about what it reads first.
    tested = getattr(node, "attached_node", None) or next(
        iter(node.depends_on.nodes), None
    )
    return BuildTest(
        unique_id=node.unique_id,
        name=node.name,
        model_name=tested.split(".")[2] if tested else None,
        table_name=_table(manifest, tested) if tested else None,
        column_name=getattr(node, "column_name", None)
        or (_columns(generic.kwargs) if generic else None),
        severity=str(node.config.severity).lower(),
        status=str(result.status),
        failures=result.failures,
        execution_seconds=round(float(result.execution_time), 3),
        description=node.description
        or (_description(manifest, generic.name) if generic else None),
    )


def _table(manifest: Any, unique_id: str) -> str:
    node = manifest.nodes.get(unique_id)
    return node.alias if node else unique_id.split(".")[2]


def _description(manifest: Any, kind: str) -> str | None:
    """What a kind of test fails for."""
    macros = manifest.macros.values()
    found = (macro.description for macro in macros if macro.name == f"test_{kind}")
    return next(found, None) or None


def _columns(arguments: Mapping[str, Any]) -> str | None:
    """The columns that a test of several names in its arguments."""
    kinds = ("combination_of_columns", "not_null", "accepted_values", "accepted_range")
    columns = [column for kind in kinds for column in arguments.get(kind, ())]
    for parent in arguments.get("parents", ()):
        columns += parent["columns"]
    return ", ".join(columns) or None
