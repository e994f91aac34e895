"""Every rule of the data tests is seen to fail: a fault a rule, planted and caught.

The tests are those that `pipeline build` ran, as it ran them.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from planted_faults import FAULTS, Fault
from warehouses import build_warehouse, run_project

from pipeline.engines import engine_for
from pipeline.project import find_project


@dataclass(frozen=True)
class DataTest:
    """A data test of a build.

    Attributes:
        name: Its name; of a generic test, its kind.
        model: The table that a generic test is about; empty for a singular one.
        reads: The tables and views that it reads.
        sql: The query whose rows are its failures.
    """

    name: str
    model: str
    reads: frozenset[str]
    sql: str


@dataclass(frozen=True)
class Built:
    """A warehouse, and the data tests that its build ran."""

    database: Path
    tests: tuple[DataTest, ...]


def data_tests(target_path: Path) -> Iterator[DataTest]:
    """The data tests of a build, without the tests of macros."""
    manifest = json.loads((target_path / "manifest.json").read_text("utf-8"))
    run = json.loads((target_path / "run_results.json").read_text("utf-8"))
    # A source has no alias, its table an identifier.
    sources = {
        name: {"alias": source["identifier"], **source}
        for name, source in manifest["sources"].items()
    }
    nodes = {**sources, **manifest["nodes"]}
    for result in run["results"]:
        node = nodes.get(result["unique_id"], {"resource_type": "exposure"})
        if node["resource_type"] != "test" or "macros" in node["tags"]:
            continue
        generic = node.get("test_metadata")
        model = nodes.get(node.get("attached_node"), {}).get("alias", "")
        parents = [nodes[name] for name in node["depends_on"]["nodes"]]
        # A view is as wrong as what it reads.
        views = [p for p in parents if p["config"].get("materialized") == "view"]
        parents += [nodes[n] for view in views for n in view["depends_on"]["nodes"]]
        yield DataTest(
            name=generic["name"] if generic else node["name"],
            model=model,
            reads=frozenset(parent["alias"] for parent in parents),
            sql=result["compiled_code"],
        )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A small shop with rows in every table, and none of its tests failing."""
    folder = tmp_path_factory.mktemp("faults")
    shop = ("--profile", "messy", "--customers", 400, "--products", 400)
    generated = run_project("generator", *shop, "--out", folder / "raw")
    assert generated.returncode == 0, generated.stderr
    meant = "max_rejected_share: 0.5"
    database = build_warehouse(folder / "shop.db", folder / "raw", meant)
    location = engine_for("sqlite", str(database)).build_location
    tests = tuple(data_tests(find_project(None).target_path(location)))
    with closing(sqlite3.connect(database)) as connection:
        assert not [test.name for test in tests if fails(connection, test)]
    return Built(database, tests)


def fails(connection: sqlite3.Connection, test: DataTest) -> bool:
    """Whether a data test finds a row."""
    return connection.execute(test.sql).fetchone() is not None


def free_of_constraints(connection: sqlite3.Connection, table: str) -> None:
    """Let a table take every fault, also those that its contract refuses."""
    connection.execute("pragma legacy_alter_table = on")
    connection.execute(f"create table free as select * from {table}")
    connection.execute(f"drop table {table}")
    connection.execute(f"alter table free rename to {table}")


def caught_by(built: Built, fault: Fault) -> set[str]:
    """The data tests that fail after a fault; the warehouse is then as before."""
    with closing(sqlite3.connect(built.database, isolation_level=None)) as connection:
        connection.execute("begin")
        free_of_constraints(connection, fault.table)
        changed = connection.execute(fault.sql).rowcount
        assert changed == 1, f"{changed} rows changed"
        readers = (test for test in built.tests if fault.table in test.reads)
        caught = {test.name for test in readers if fails(connection, test)}
        connection.execute("rollback")
    return caught


@pytest.mark.parametrize(
    ("seen_by", "fault"),
    [(rule, fault) for rule, faults in FAULTS.items() for fault in faults],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_fault_is_seen(built: Built, seen_by: str, fault: Fault) -> None:
    caught = caught_by(built, fault)

    assert seen_by in caught, f"seen by {sorted(caught) or 'nobody'}"


def test_every_rule_across_tables_is_seen_to_fail(built: Built) -> None:
    singular = {test.name for test in built.tests if not test.model}

    assert singular <= FAULTS.keys()
