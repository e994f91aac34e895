"""Every rule of the data tests is seen to fail: a fault a rule, planted and caught.

The tests are those that `pipeline build` ran, as it ran them.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from planted_faults import FAULTS, Fault, faults_of_a_kind
from warehouses import (
    MUCH_IS_WRONG,
    build_warehouse,
    dbt_files,
    read_manifest,
    read_rows,
    run_project,
)


@dataclass(frozen=True)
class DataTest:
    """A data test of a build.

    Attributes:
        name: Its name; of a generic test, its kind.
        table: The table that a generic test is about; empty for a singular one.
        rules: The arguments of a generic test.
        reads: The tables and views that it reads.
        sql: The query whose rows are its failures.
    """

    name: str
    table: str
    rules: Mapping[str, Any]
    reads: frozenset[str]
    sql: str

    def fails(self, connection: sqlite3.Connection) -> bool:
        """Whether it finds a row."""
        return connection.execute(self.sql).fetchone() is not None


@dataclass(frozen=True)
class Built:
    """A warehouse, the data tests that its build ran, and its contracts.

    Attributes:
        database: Where it is.
        tests: Its data tests, without those of macros.
        not_null: Columns, with their table, that a contract calls not null.
        keys: Primary keys, with their table, that a contract declares.
    """

    database: Path
    tests: tuple[DataTest, ...]
    not_null: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, str], ...]


def data_tests(
    nodes: Mapping[str, Any], results: list[dict[str, Any]]
) -> Iterator[DataTest]:
    """The data tests of a build, without the tests of macros."""
    for result in results:
        node = nodes.get(result["unique_id"], {"resource_type": "exposure"})
        if node["resource_type"] != "test" or "macros" in node["tags"]:
            continue
        generic = node.get("test_metadata") or {"name": node["name"], "kwargs": {}}
        parents = [nodes[name] for name in node["depends_on"]["nodes"]]
        # A view is as wrong as what it reads.
        views = [p for p in parents if p["config"].get("materialized") == "view"]
        parents += [nodes[n] for view in views for n in view["depends_on"]["nodes"]]
        yield DataTest(
            name=generic["name"],
            table=nodes.get(node.get("attached_node"), {}).get("alias", ""),
            rules=generic["kwargs"],
            reads=frozenset(parent["alias"] for parent in parents),
            sql=result["compiled_code"],
        )


def constrained(nodes: Mapping[str, Any], constraint: str) -> Iterator[tuple[str, str]]:
    """The tables and columns of which a contract demands something."""
    for node in nodes.values():
        if node["config"].get("contract", {}).get("enforced"):
            for name, column in node["columns"].items():
                if any(c["type"] == constraint for c in column["constraints"]):
                    yield node["alias"], name


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A small shop with rows in every table, and none of its tests failing."""
    folder = tmp_path_factory.mktemp("faults")
    shop = ("--profile", "messy", "--customers", 400, "--products", 400)
    generated = run_project("generator", *shop, "--out", folder / "raw")
    assert generated.returncode == 0, generated.stderr
    database = build_warehouse(folder / "shop.db", folder / "raw", MUCH_IS_WRONG)
    made = dbt_files(database)
    manifest = read_manifest(database)
    run = json.loads((made / "run_results.json").read_text("utf-8"))
    nodes = manifest["nodes"]
    # A source has no alias, its table an identifier.
    sources = {
        name: {"alias": source["identifier"], **source}
        for name, source in manifest["sources"].items()
    }
    tests = tuple(data_tests({**sources, **nodes}, run["results"]))
    with closing(sqlite3.connect(database)) as connection:
        assert not [test.name for test in tests if test.fails(connection)]
    return Built(
        database,
        tests,
        not_null=tuple(constrained(nodes, "not_null")),
        keys=tuple(constrained(nodes, "primary_key")),
    )


@contextmanager
def for_a_while(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose changes are taken back at the end."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("pragma legacy_alter_table = on")
        connection.execute("begin")
        yield connection
        connection.execute("rollback")


def plant(connection: sqlite3.Connection, fault: Fault) -> None:
    """Change a table, which then takes every fault, or a view made a table."""
    table = fault.table
    [(kind,)] = connection.execute(
        "select type from sqlite_master where name = ?", (table,)
    )
    connection.execute(f"create table free as select * from {table}")
    connection.execute(f"drop {kind} {table}")
    connection.execute(f"alter table free rename to {table}")
    changed = connection.execute(fault.sql).rowcount
    assert changed == 1, f"{changed} rows changed"


@pytest.mark.parametrize(
    ("seen_by", "fault"),
    [(rule, fault) for rule, faults in FAULTS.items() for fault in faults],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_fault_is_seen(built: Built, seen_by: str, fault: Fault) -> None:
    with for_a_while(built.database) as connection:
        plant(connection, fault)
        readers = [test for test in built.tests if fault.table in test.reads]
        caught = {test.name for test in readers if test.fails(connection)}

    assert seen_by in caught, f"seen by {sorted(caught) or 'nobody'}"


def test_every_rule_across_tables_is_seen_to_fail(built: Built) -> None:
    assert {test.name for test in built.tests if not test.table} <= FAULTS.keys()


def test_every_rule_of_one_table_is_seen_to_fail(built: Built) -> None:
    generic = [test for test in built.tests if test.table]
    unseen = []
    for test in generic:
        faults = list(faults_of_a_kind(test.name, test.table, test.rules))
        assert faults or test.rules["expression_is_true"]
        for fault in faults:
            with for_a_while(built.database) as connection:
                plant(connection, fault)
                if not test.fails(connection):
                    unseen.append(f"{test.name} of {fault.name}")

    assert generic
    assert not unseen, "\n".join(unseen)


def is_refused(database: Path, sql: str) -> bool:
    with for_a_while(database) as connection:
        try:
            connection.execute(sql)
        except sqlite3.IntegrityError:
            return True
    return False


def test_a_table_refuses_what_its_contract_forbids(built: Built) -> None:
    forbidden = [f"update {t} set {column} = null" for t, column in built.not_null]
    forbidden += [f"insert into {t} select * from {t}" for t, _ in built.keys]

    taken = [sql for sql in forbidden if not is_refused(built.database, sql)]

    assert len(built.not_null) > 100
    assert built.keys
    assert not taken, "\n".join(taken)


def test_the_record_says_what_a_test_of_several_columns_is_about(built: Built) -> None:
    recorded = {
        name: (columns, description)
        for name, columns, description in read_rows(
            built.database,
            "select name, column_name, description from build_tests",
        )
    }

    columns, description = recorded["fct_orders_columns_are_valid"]
    assert {"lines", "gross_sales"} <= set(columns.split(", "))
    assert description.startswith("Fails for each row with a value")
    columns, _ = recorded["fct_sales_rows_name_what_exists"]
    assert columns == "customer_key, product_key, time_key"
