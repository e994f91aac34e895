"""Rules that the dbt project keeps: layers, names, keys, contracts, descriptions."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from warehouses import ROOT, read_manifest, read_rows

from dashboard.metrics import METRICS

Node = dict[str, Any]

STAR = {
    "dim_customer": "DimCustomer",
    "dim_product": "DimProduct",
    "dim_time": "DimTime",
    "fct_sales": "FactSales",
    "fct_orders": "FactOrders",
    "fct_order_categories": "FactOrderCategories",
}
PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "core": ("dim_", "fct_"),
    **dict.fromkeys(("sales", "customers", "baskets", "quality"), ("rpt_",)),
}
# Rows as they came, each with a reason or none: nothing in them is unique.
KEYLESS = {
    "stg_customers_validated",
    "stg_products_validated",
    "stg_orders_validated",
    "stg_order_items_validated",
    "stg_rejected_rows",
}
ONE_ROW = {"int_as_of_date", "int_currency", "int_basket_thresholds"}
# Views that only keep the accepted rows.
FILTERS = {"stg_customers", "stg_products", "stg_orders", "stg_order_items"}
# SQL that SQLite, DuckDB, PostgreSQL and Spark read alike; the rest is for macros.
COMMON_FUNCTIONS = {
    *("abs", "avg", "cast", "coalesce", "count", "dense_rank", "exp", "lag", "lead"),
    *("length", "ln", "lower", "max", "min", "nullif", "power", "rank", "replace"),
    *("row_number", "sqrt", "substr", "sum", "upper"),
}
# The macro column_type gives each engine's name of the first four; all share the rest.
COLUMN_TYPES = {
    *("text", "decimal(18,4)", "double precision", "bigint"),
    *("integer", "boolean", "date"),
}
KEYWORDS_BEFORE_PARENTHESES = {
    *("and", "as", "by", "case", "distinct", "exists", "from", "in", "not", "on"),
    *("or", "over", "select", "then", "union", "when", "where"),
}


@pytest.fixture(scope="module")
def manifest(demo_warehouse: Path) -> dict[str, Any]:
    """The project as the demo shop's build parsed it."""
    return read_manifest(demo_warehouse)


def own(resources: dict[str, Node]) -> Iterator[Node]:
    """The resources of this project, without those of dbt and its adapters."""
    return (r for r in resources.values() if r["package_name"] == "ecommerce_dwh")


def of_type(manifest: dict[str, Any], *types: str) -> list[Node]:
    found = [n for n in own(manifest["nodes"]) if n["resource_type"] in types]
    assert found
    return found


def parents(node: Node) -> set[str]:
    """Names of the models and seeds that a node reads."""
    return {
        name.split(".")[2]
        for name in node["depends_on"]["nodes"]
        if name.startswith(("model.", "seed."))
    }


def generic_tests_of(manifest: dict[str, Any], model: str) -> list[Node]:
    """The generic tests of a model."""
    return [
        node
        for node in of_type(manifest, "test")
        if node.get("attached_node") == f"model.ecommerce_dwh.{model}"
    ]


def columns_with_test(manifest: dict[str, Any], model: str, test: str) -> set[str]:
    """The columns of a model that have a generic test of their own."""
    return {
        str(node["column_name"])
        for node in generic_tests_of(manifest, model)
        if node["test_metadata"]["name"] == test and node["column_name"]
    }


def plain_sql(raw_code: str) -> str:
    """SQL without its Jinja, comments and literals."""
    without_jinja = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", raw_code, flags=re.S)
    return re.sub(r"--[^\n]*|'[^']*'", " ", without_jinja)


def describe(faults: list[str]) -> str:
    return "\n".join(faults)


def test_each_layer_reads_only_what_it_may(manifest: dict[str, Any]) -> None:
    models = {model["name"]: model for model in of_type(manifest, "model")}
    after_the_star = {
        name
        for name, model in models.items()
        if name.startswith("int_") and depends_on_the_star(models, name)
    }
    faults = []
    for name, model in models.items():
        for parent in parents(model):
            raw = parent.startswith("raw_")
            allowed = {
                "stg_": raw or parent.startswith("stg_") or parent not in models,
                "int_": not raw and not parent.startswith("rpt_"),
                "dim_": not raw
                and not parent.startswith("rpt_")
                and parent not in after_the_star,
                "rpt_": not raw,
            }
            allowed["fct_"] = allowed["dim_"]
            if not allowed[name[:4]]:
                faults.append(f"{name} reads {parent}")

    assert not faults, describe(faults)


def depends_on_the_star(models: dict[str, Node], name: str) -> bool:
    """Whether an int_ model reads a dimension or fact, itself or through others."""
    return any(
        parent in STAR
        or (parent.startswith("int_") and depends_on_the_star(models, parent))
        for parent in parents(models[name])
    )


def test_names_follow_the_layers(manifest: dict[str, Any]) -> None:
    faults = []
    for model in of_type(manifest, "model"):
        name, path = model["name"], Path(model["original_file_path"])
        if not name.startswith(PREFIXES[path.parent.name]) or path.stem != name:
            faults.append(f"{path}: {name}")
        if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name):
            faults.append(f"{name} is not snake_case")
        if model["alias"] != STAR.get(name, name):
            faults.append(f"{name} is called {model['alias']}")
        faults += [
            f"{name}.{column} is not snake_case"
            for column in model["columns"]
            if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", column)
        ]

    assert not faults, describe(faults)
    assert set(STAR) <= {model["name"] for model in of_type(manifest, "model")}


def test_every_relation_says_what_a_row_is(manifest: dict[str, Any]) -> None:
    vague = [
        node["name"]
        for node in of_type(manifest, "model", "seed")
        if not re.match(r"One row(:| per )", node["description"])
    ]

    assert not vague, describe(vague)


def test_every_column_is_described_and_real(
    manifest: dict[str, Any], demo_warehouse: Path
) -> None:
    faults = []
    for node in of_type(manifest, "model", "seed"):
        described = list(node["columns"])
        real = [
            row[0]
            for row in read_rows(
                demo_warehouse, f"select name from pragma_table_info('{node['alias']}')"
            )
        ]
        if described != real:
            faults.append(f"{node['name']}: described {described}, built {real}")
        faults += [
            f"{node['name']}.{name} is not described"
            for name, column in node["columns"].items()
            if len(column["description"].strip()) < 5
        ]

    assert not faults, describe(faults)


def test_every_integrity_test_says_when_it_fails(manifest: dict[str, Any]) -> None:
    silent = [
        node["name"]
        for node in of_type(manifest, "test")
        if "singular" in Path(node["original_file_path"]).parts
        and not re.match(r"(Fails|Warns) ", node["description"])
    ]

    assert not silent, describe(silent)


def test_every_model_has_a_key(manifest: dict[str, Any]) -> None:
    faults = []
    for model in of_type(manifest, "model"):
        name = model["name"]
        tests = generic_tests_of(manifest, name)
        unique = columns_with_test(manifest, name, "unique")
        filled = columns_with_constraint(model, "not_null") | {
            column
            for test in tests
            for column in test["test_metadata"]["kwargs"].get("not_null", [])
        }
        combined = any(
            test["test_metadata"]["name"] == "unique_combination_of_columns"
            for test in tests
        )
        declared = columns_with_constraint(model, "primary_key")
        if unique - filled:
            faults.append(f"{name}: {unique - filled} is unique, and may be null")
        if declared - unique:
            faults.append(f"{name}: {declared} is the primary key, and not tested")
        if name not in KEYLESS | ONE_ROW and not unique and not combined:
            faults.append(f"{name} has no key")

    assert not faults, describe(faults)


def columns_with_constraint(model: Node, constraint: str) -> set[str]:
    """The columns that a model's contract puts a constraint on."""
    return {
        name
        for name, column in model["columns"].items()
        if any(c["type"] == constraint for c in column["constraints"])
    }


def test_every_contract_is_kept_on_engines_that_let_nulls_pass(
    manifest: dict[str, Any],
) -> None:
    # on the other engines a test that has nothing else to ask is disabled
    disabled = [node for nodes in manifest["disabled"].values() for node in nodes]
    kept = {
        str(node["attached_node"]).split(".")[-1]
        for node in [*of_type(manifest, "test"), *disabled]
        if (node.get("test_metadata") or {}).get("name") == "valid_columns"
    }
    unkept = [
        model["name"]
        for model in of_type(manifest, "model")
        if model["config"]["contract"]["enforced"] and model["name"] not in kept
    ]

    assert not unkept, describe(unkept)


def test_every_foreign_key_names_a_dimension(manifest: dict[str, Any]) -> None:
    dimensions = {
        "customer_key": "dim_customer",
        "product_key": "dim_product",
        "product1_key": "dim_product",
        "product2_key": "dim_product",
        "time_key": "dim_time",
    }
    faults = []
    for model in of_type(manifest, "model"):
        name = model["name"]
        if model["config"]["contract"]["enforced"]:
            related = columns_with_test(manifest, name, "relationships") | {
                column
                for test in generic_tests_of(manifest, name)
                for parent in test["test_metadata"]["kwargs"].get("parents", [])
                for column in parent["columns"]
            }
            faults += [
                f"{name}.{column} has no relationship with {dimension}"
                for column, dimension in dimensions.items()
                if column in model["columns"]
                and dimension != name
                and column not in related
            ]

    assert not faults, describe(faults)


def test_contracts_cover_the_star_and_the_reports(manifest: dict[str, Any]) -> None:
    faults = []
    for model in of_type(manifest, "model"):
        mart = model["name"].startswith(("dim_", "fct_", "rpt_"))
        enforced = model["config"]["contract"]["enforced"]
        if mart != enforced:
            faults.append(f"{model['name']}: contract {enforced}")
        if enforced and model["config"]["materialized"] != "table":
            faults.append(f"{model['name']} is no table")

    assert not faults, describe(faults)


def test_marts_are_public_and_what_they_are_made_of_is_their_subjects_own(
    manifest: dict[str, Any],
) -> None:
    models = {model["name"]: model for model in of_type(manifest, "model")}
    faults = []
    for name, model in models.items():
        mart = name.startswith(("dim_", "fct_", "rpt_"))
        groups_that_read_it = {
            reader["group"] for reader in models.values() if name in parents(reader)
        }
        own_alone = model["group"] and groups_that_read_it <= {model["group"]}
        access = "public" if mart else "private" if own_alone else "protected"
        if model["access"] != access:
            faults.append(f"{name} is {model['access']}, not {access}")

    assert not faults, describe(faults)


def test_every_model_with_logic_has_a_unit_test(manifest: dict[str, Any]) -> None:
    tested = {test["model"] for test in own(manifest["unit_tests"])}
    untested = [
        model["name"]
        for model in of_type(manifest, "model")
        if model["name"] not in tested | FILTERS
    ]

    assert not untested, describe(untested)


def test_models_and_tests_know_no_engine(manifest: dict[str, Any]) -> None:
    faults = []
    singular = [
        node
        for node in of_type(manifest, "test")
        if node["original_file_path"].endswith(".sql")
    ]
    for node in [*of_type(manifest, "model"), *singular]:
        if re.search(r"\btarget\s*[.\[]|adapter\b", node["raw_code"]):
            faults.append(f"{node['name']} asks which engine it is")
        sql = plain_sql(node["raw_code"])
        called = set(re.findall(r"\b([a-z_]\w*)\s*\(", sql, flags=re.I))
        faults += [
            f"{node['name']} calls {function}()"
            for function in called - COMMON_FUNCTIONS - KEYWORDS_BEFORE_PARENTHESES
            if f"\n{function} as (" not in sql and f"\n\n{function} as (" not in sql
        ]
        faults += [
            f"{node['name']} uses {operator}"
            for operator in ("::", "~", "->", " glob ", " rlike ", " similar to ")
            if operator in sql
        ]

    assert not faults, describe(faults)


# What another project may set that has this one as a package; here nothing does.
SETTINGS_OF_A_PACKAGE = "raw_inputs|predictions_schema|demo_shop"


def test_variables_are_read_where_they_are_checked() -> None:
    faults = [
        path.name
        for folder in ("models", "macros", "tests/dbt", "seeds")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".sql", ".yml", ".md")
        and path.parent.name != "variables"
        and re.search(
            rf"\bvar\((?!'({SETTINGS_OF_A_PACKAGE})')", path.read_text(encoding="utf-8")
        )
    ]

    assert not faults, describe(faults)


def test_yaml_asks_for_no_engine() -> None:
    faults = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("models", "seeds", "macros", "tests")
        for path in sorted((ROOT / folder).rglob("*.yml"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\btarget\s*[.\[](?!schema\b|database\b)|adapter\b", line)
    ]

    assert not faults, describe(faults)


def test_types_in_yaml_are_those_that_every_engine_has_a_name_for(
    manifest: dict[str, Any],
) -> None:
    faults = [
        f"{model['name']}.{column['name']}: {column['data_type']}"
        for model in of_type(manifest, "model")
        for column in model["columns"].values()
        if model["config"]["contract"]["enforced"]
        and column["data_type"] not in COLUMN_TYPES
    ]
    faults += [
        f"{seed['name']}.{column}: {seed['config']['column_types'].get(column)}"
        for seed in of_type(manifest, "seed")
        for column in seed["columns"]
        if seed["config"]["column_types"].get(column) != "text"
    ]

    assert not faults, describe(faults)


def macro_files() -> dict[Path, list[tuple[str, list[str]]]]:
    """The macros that each file defines, in order, with their arguments."""
    definition = re.compile(
        r"{%-?\s*(?:macro|materialization)\s+(\w+)(?:\s*\(([^)]*)\))?"
    )
    files = {}
    for path in sorted((ROOT / "macros").rglob("*.sql")):
        if path.parent.name == "generic_tests":
            continue  # dbt finds them there; they are described as tests
        found = definition.findall(path.read_text(encoding="utf-8"))
        files[path] = [
            (name, [a.split("=")[0].strip() for a in arguments.split(",") if a.strip()])
            for name, arguments in found
        ]
    assert files
    return files


def test_each_macro_has_a_file_of_its_name_that_says_what_it_does() -> None:
    faults = []
    for path, macros in macro_files().items():
        text = path.read_text(encoding="utf-8")
        first = macros[0][0]
        if first != path.stem:
            faults.append(f"{path.name} begins with {first}")
        if not text.startswith("{#"):
            faults.append(f"{path.name} has no comment")
        others = "".join(
            p.read_text(encoding="utf-8") for p in macro_files() if p != path
        )
        for name, _ in macros[1:]:
            if "__" in name and name.split("__")[-1] in {n for n, _ in macros}:
                continue  # an engine's variant of a macro above it
            variant = name.split("__")[-1] == first.split("__")[-1]
            if not variant and re.search(rf"\b{name}\b", others):
                faults.append(f"{name} is used outside {path.name}")
            if not variant and not re.search(rf"#}}\n{{%-? macro {name}\(", text):
                faults.append(f"{path.name}: {name} has no comment")

    assert not faults, describe(faults)


def test_every_macro_is_described_with_its_arguments(
    manifest: dict[str, Any],
) -> None:
    described = {
        re.sub("materialization_(.*)_default", r"\1", macro["name"]): macro
        for macro in own(manifest["macros"])
    }
    faults = []
    for path, macros in macro_files().items():
        # the others of a file are its variants and its own
        name, arguments = macros[0]
        documented = described[name]["arguments"]
        if not described[name]["description"].strip():
            faults.append(f"{path.name}: {name} is not described")
        if path.parent.name == "repairs":
            continue  # it takes what the macro takes that it repairs
        if [argument["name"] for argument in documented] != arguments:
            faults.append(f"{name} takes {arguments}")
        if not all(a["type"] and a["description"] for a in documented):
            faults.append(f"{name}: an argument has no type or description")

    assert not faults, describe(faults)


def test_the_site_leads_a_newcomer(manifest: dict[str, Any]) -> None:
    overview = manifest["docs"]["doc.ecommerce_dwh.__overview__"]["block_contents"]
    colours: dict[str, set[str]] = {}
    for node in of_type(manifest, "seed", "model"):
        prefix = "raw" if node["resource_type"] == "seed" else node["name"][:3]
        layer = "star" if prefix in ("dim", "fct") else prefix
        colours.setdefault(layer, set()).add(node["docs"]["node_color"])

    # One colour a layer, and another one each.
    assert len(colours) == len(set.union(*colours.values())) == 5
    for prefix in ("raw_", "stg_", "int_", "Dim", "Fact", "rpt_"):
        assert f"`{prefix}*`" in overview
    names = {node["name"] for node in of_type(manifest, "seed", "model")}
    named = set(re.findall(r"`((?:raw|stg|int|fct|rpt)_\w+)`", overview))
    assert named
    assert named <= names
    # The tests of whole tables would hide them in the lineage.
    assert {
        node["docs"]["show"]
        for node in of_type(manifest, "test")
        if not node.get("test_metadata")
    } == {False}


def test_the_dashboard_defines_metrics_as_dbt_does(manifest: dict[str, Any]) -> None:
    metrics = {metric["name"]: metric for metric in own(manifest["metrics"])}
    only_shown = tomllib.loads((ROOT / "dashboard/metrics.toml").read_text("utf-8"))

    assert {"net_sales", "buyers", "returns_rate", "retention_rate"} <= set(metrics)
    assert not metrics.keys() & only_shown.keys()
    for name, metric in metrics.items():
        shown = METRICS[name]
        assert (shown.name, shown.formula) == (metric["label"], metric["description"])
        assert shown.unit == metric["config"]["meta"]["unit"]


def test_the_dashboard_is_an_exposure_of_the_tables_it_reads(
    manifest: dict[str, Any],
) -> None:
    models = {model["alias"]: model["name"] for model in of_type(manifest, "model")}
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "dashboard").rglob("*.py"))
    )
    read = {name for alias, name in models.items() if re.search(rf"\b{alias}\b", code)}
    exposed = {
        name for exposure in own(manifest["exposures"]) for name in parents(exposure)
    }

    assert exposed == read
