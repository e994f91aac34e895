"""dbt without the pipeline, as people who know dbt try it in their first hour."""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner
from warehouses import ROOT, read_rows, run_project, without_variables

from pipeline.__main__ import main
from pipeline.dbt.contexts import build_contexts
from pipeline.dbt.events import build_events
from pipeline.dbt.oddities import surroundings
from pipeline.dbt.project import find_project
from pipeline.dbt.templates import compiled_templates
from pipeline.doubts import CHECKS_OF_SALES

# For each variable of the models another value, which changes what they hold.
OTHER_VALUES = {
    "earliest_date": "2023-06-01",
    "latest_date": "2025-12-20",
    "as_of_date": "2026-06-30",
    "currency": "EUR",
    "max_rejected_share": 1,
    "least_customers": 1,
    "max_basket_items": 3,
    "co_purchase_min_orders": 2,
    "co_purchase_min_support": 0.02,
    "co_purchase_false_discovery_rate": 0.01,
    "reactivation_days": 30,
    "lead_time_days": 3,
    "cover_days": 60,
    "clv_horizon_weeks": 4,
    "clv_discount_rate_yearly": 0,
    "clv_holdout_weeks": 10,
}
# What tells of cost, by table.
COSTS = {
    "DimProduct": ("unit_cost",),
    "FactSales": ("cost_amount", "margin_amount"),
    "FactOrders": ("cost", "margin"),
    "FactOrderCategories": ("cost", "margin"),
    "rpt_sales_daily": ("cost", "margin"),
    "rpt_product_sales": ("cost", "margin"),
    "rpt_product_sales_monthly": ("cost", "margin"),
    "rpt_customer_cohorts": ("cost", "margin", "cumulative_margin"),
    "rpt_customer_cohorts_by_grain": ("cost", "margin", "cumulative_margin"),
}
# What `pipeline build` alone reads.
OF_THE_PIPELINE = {
    *CHECKS_OF_SALES,
    "freshness_stop_days",
    "freshness_warn_days",
    "keep_versions",
    "odd_day_score",
    "rejects_jumped",
}


class BareDbt:
    """dbt on one database with a shop's own rows; the project is parsed once."""

    def __init__(self, folder: Path) -> None:
        self.built = folder / "built.db"
        self.database = folder / "shop.db"
        self._target = folder / "target"
        self._options = [
            *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
            *("--target-path", str(self._target), "--log-path", str(folder)),
            *("--log-level", "none", "--log-level-file", "none", "--no-use-colors"),
        ]
        self.manifest = self.parse({})
        # As it is now: a build notes in it what it compiled.
        self.parsed = as_json(self.manifest)

    def parse(self, variables: Mapping[str, object]) -> Any:
        """The whole project, parsed with some variables."""
        given = ("--vars", json.dumps(variables))
        return self._invoke(["parse", "--no-partial-parse", *given], None).result

    def _invoke(self, arguments: list[str], manifest: Any) -> Any:
        # As quick as in the pipeline, which changes nothing of what dbt does.
        with (
            without_variables(),
            surroundings({"DWH_DATABASE": str(self.database)}),
            build_events(),
            build_contexts() if manifest else nullcontext(),
            compiled_templates(self._target),
        ):
            outcome = dbtRunner(manifest=manifest).invoke([*arguments, *self._options])
        assert outcome.exception is None, str(outcome.exception)
        return outcome

    def run(self, *arguments: str) -> list[str]:
        """Run a command on what was built; tell what did not come out well."""
        shutil.copyfile(self.built, self.database)
        return self.again(*arguments)

    def build_first(self) -> list[str]:
        """The whole first build, on nothing but the loaded rows."""
        unwell = self.again("build")
        shutil.copyfile(self.database, self.built)
        return unwell

    def again(self, *arguments: str) -> list[str]:
        """Run a command on the database as it is; tell the same."""
        arguments = (*arguments, "--no-write-json")
        results = self._invoke(list(arguments), self.manifest).result.results
        assert results
        return [
            f"{result.node.name}: {result.status} {result.message}"
            for result in results
            if str(result.status) not in ("success", "pass", "no-op")
        ]

    def document(self) -> None:
        """Make the documentation's site of what was built."""
        shutil.copyfile(self.built, self.database)
        self._invoke(["docs", "generate"], self.manifest)

    def made(self, name: str) -> str:
        """A file that dbt made."""
        return (self._target / name).read_text(encoding="utf-8")

    def readers(self, variable: str) -> list[str]:
        """Selectors of the models and tests whose SQL takes a variable in."""
        text = f"variable('{variable}')"
        macros = {
            unique_id
            for unique_id, macro in self.manifest.macros.items()
            if text in macro.macro_sql.replace('"', "'")
        }
        while True:
            more = {
                unique_id
                for unique_id, macro in self.manifest.macros.items()
                if macros.intersection(macro.depends_on.macros)
            }
            if more <= macros:
                break
            macros |= more
        return [
            f"{node.name}+"
            for node in self.manifest.nodes.values()
            if str(node.resource_type) in ("model", "test")
            and (text in node.raw_code or macros.intersection(node.depends_on.macros))
        ]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareDbt]:
    folder = tmp_path_factory.mktemp("bare")
    run_project(
        *("generator", "--customers", "150", "--products", "30", "--seed", "3"),
        *("--out", folder / "raw"),
    )
    dbt = BareDbt(folder)
    assert main(["load", str(folder / "raw"), "--database", str(dbt.database)]) == 0
    yield dbt
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def first_build(bare: BareDbt) -> list[str]:
    return bare.build_first()


def test_a_build_on_a_shops_own_rows_keeps_them(
    bare: BareDbt, first_build: list[str]
) -> None:
    assert first_build == []
    assert read_rows(bare.built, "select distinct source from raw_loads") == [("load",)]
    assert read_rows(bare.built, "select count(*) from raw_customers") == [(150,)]


def test_another_value_is_tried_of_each_variable() -> None:
    project, defaults = (
        find_project(json.dumps(OTHER_VALUES)),
        find_project(None).variables,
    )

    assert project.given.keys() == project.variables.keys() - OF_THE_PIPELINE
    for name, value in project.given.items():
        assert defaults[name] != value


def test_the_variables_change_nothing_of_the_parsed_project(bare: BareDbt) -> None:
    with_others = as_json(bare.parse(OTHER_VALUES))

    # Models and tests by their SQL, configuration and what they depend on.
    for kind in ("nodes", "sources", "macros", "exposures", "parent_map"):
        assert with_others[kind]
        assert without_times(with_others[kind]) == without_times(bare.parsed[kind])


def as_json(manifest: Any) -> dict[str, Any]:
    """What dbt would write into manifest.json."""
    return dict(manifest.writable_manifest().to_dict(omit_none=False))


def without_times(parsed: Any) -> Any:
    """Some of a manifest, without when it was parsed."""
    if not isinstance(parsed, dict):
        return parsed
    return {
        name: without_times(value)
        for name, value in parsed.items()
        if name != "created_at"
    }


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_a_variable_may_be_changed_without_a_failing_test(
    bare: BareDbt, first_build: list[str], name: str
) -> None:
    assert not first_build
    readers = bare.readers(name)
    assert readers
    variables = json.dumps({name: OTHER_VALUES[name]})
    without_unit_tests = ["build", "--exclude-resource-type", "unit_test"]

    assert (
        bare.run(*without_unit_tests, "--vars", variables, "--select", *readers) == []
    )


def test_the_unit_tests_hold_whatever_the_variables(
    bare: BareDbt, first_build: list[str]
) -> None:
    assert not first_build
    all_others = json.dumps(OTHER_VALUES)

    assert bare.run("test", "--vars", all_others, "--select", "test_type:unit") == []


def test_an_empty_run_makes_every_model_without_a_row(
    bare: BareDbt, first_build: list[str]
) -> None:
    assert not first_build

    assert bare.run("run", "--empty") == []

    assert read_rows(bare.database, "select count(*) from FactSales") == [(0,)]


def test_the_documentation_knows_every_table(
    bare: BareDbt, first_build: list[str]
) -> None:
    assert not first_build
    bare.document()

    catalogue = json.loads(bare.made("catalog.json"))
    assert catalogue["errors"] is None
    tables = {
        unique_id
        for unique_id, node in bare.manifest.nodes.items()
        if str(node.resource_type) in ("seed", "model")
    }
    assert catalogue["nodes"].keys() == tables
    assert "__overview__" in bare.made("manifest.json")
    assert "<html" in bare.made("index.html")[:1000]


def test_the_age_of_the_raw_rows_is_told(bare: BareDbt, first_build: list[str]) -> None:
    assert not first_build
    assert bare.run("source", "freshness") == []

    with closing(sqlite3.connect(bare.database)) as connection, connection:
        connection.execute("update raw_loads set loaded_at = '2024-01-01T00:00:00Z'")

    (old,) = bare.again("source", "freshness")
    assert old.startswith("raw_loads: error")


def test_a_raw_table_without_unit_cost_gives_no_cost_and_no_margin(
    bare: BareDbt, first_build: list[str]
) -> None:
    assert not first_build
    shutil.copyfile(bare.built, bare.database)
    with closing(sqlite3.connect(bare.database)) as connection, connection:
        connection.execute("alter table raw_products drop column unit_cost")
    reports = [f"stg_products_validated+,+{t}" for t in COSTS if t.startswith("rpt_")]
    without_unit_tests = ("build", "--exclude-resource-type", "unit_test")

    assert bare.again(*without_unit_tests, "--select", *reports) == []

    for table, columns in COSTS.items():
        known = " + ".join(f"count({column})" for column in columns)
        counted = f"select {known}, count(*) > 0 from {table}"
        assert read_rows(bare.database, counted) == [(0, 1)], table
        assert read_rows(bare.built, counted) > [(0, 1)], table
