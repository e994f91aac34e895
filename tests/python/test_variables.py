"""The variables of dbt_project.yml: their rules, and who keeps them."""

import datetime
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import jinja2
import pytest
import yaml
from warehouses import ROOT

from pipeline.dbt.project import find_project
from pipeline.dbt.variables import RULES, read_rules, read_yaml
from pipeline.errors import PipelineError

SETTINGS = read_yaml((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
RULE = read_rules(SETTINGS)

# A variable, a value as somebody writes it in YAML, and whether it keeps the rule.
CASES = [
    ("earliest_date", "2023-06-01", True),
    ("earliest_date", "'2023-06-01'", True),
    ("earliest_date", "2024-02-29", True),
    ("earliest_date", "2023-02-29", False),
    ("earliest_date", "2023-00-10", False),
    ("earliest_date", "2023-01-00", False),
    ("earliest_date", "1899-12-31", False),
    ("earliest_date", "2200-01-01", False),
    ("earliest_date", "20230601", False),
    ("earliest_date", "''", False),
    ("earliest_date", '"2023-06-01\\n"', False),
    ("earliest_date", "٢٠٢٣-06-01", False),
    ("earliest_date", '"2023-06-01\' or 1 = 1 --"', False),
    ("as_of_date", "''", True),
    ("as_of_date", "\"{{ run_query('drop table raw_orders') }}\"", False),
    ("currency", "EUR", True),
    ("currency", "eur", False),
    ("currency", "12", False),
    ("currency", "''", True),
    ("max_rejected_share", "0", True),
    ("max_rejected_share", "1.0", True),
    ("max_rejected_share", "0.25", True),
    ("max_rejected_share", "1.01", False),
    ("max_rejected_share", "-0.1", False),
    ("max_rejected_share", ".nan", False),
    ("max_rejected_share", ".inf", False),
    ("co_purchase_min_support", "0.00001", True),
    ("max_basket_items", "3", True),
    ("max_basket_items", "'3'", True),
    ("max_basket_items", "3.5", False),
    ("max_basket_items", "-1", False),
    ("max_basket_items", "0", False),
    ("max_basket_items", "true", False),
    ("max_basket_items", "[3]", False),
    ("max_basket_items", "1; drop table raw_orders", False),
    ("clv_horizon_weeks", "1000000", False),
    ("clv_horizon_weeks", "9999999999999999999999", False),
]


class _Returned(Exception):  # noqa: N818
    pass


def macro_says(rule: dict[str, Any], value: object) -> bool:
    """What the macro of bare dbt says, in dbt's Jinja without dbt."""

    def give_back(value: object) -> None:
        raise _Returned(value)

    environment = jinja2.Environment(  # noqa: S701
        extensions=["jinja2.ext.do"]
    )
    template = environment.from_string(
        (ROOT / "macros/variables/variable.sql").read_text(encoding="utf-8"),
        globals={
            "return": give_back,
            "modules": SimpleNamespace(re=re, datetime=datetime),
        },
    )
    macro: Callable[..., str] = template.module.is_as_its_rule  # type: ignore[attr-defined]
    with pytest.raises(_Returned) as returned:
        macro(rule, value)
    answer = returned.value.args[0]
    assert isinstance(answer, bool)
    return answer


@pytest.mark.parametrize(("name", "written", "is_kept"), CASES)
def test_a_value_is_judged_alike_before_dbt_and_in_it(
    name: str, written: str, is_kept: bool
) -> None:
    text = f"{{{name}: {written}}}"
    rules = yaml.safe_load((ROOT / "dbt_project.yml").read_text("utf-8"))["vars"][RULES]
    try:
        # As dbt itself reads --vars.
        in_dbt = macro_says(rules[name], yaml.safe_load(text)[name])
    except ValueError:  # a day that does not exist stops dbt there
        in_dbt = False

    assert in_dbt == is_kept
    if is_kept:
        assert name in find_project(text).given
    else:
        with pytest.raises(PipelineError, match=re.escape(RULE[name].expected)):
            find_project(text)


@pytest.mark.parametrize(
    "text",
    [
        "{currency: EUR",
        "just text",
        "[" * 20_000,
        "{a: &a [x, x], b: &b [*a, *a], c: &c [*b, *b], currency: *c}",
        "!!python/object/apply:os.system [ls]",
    ],
)
def test_what_is_no_plain_mapping_gets_one_line(text: str) -> None:
    with pytest.raises(PipelineError) as raised:
        find_project(text)

    assert "write it like '{currency: EUR}'" in str(raised.value)
    assert len(str(raised.value)) < 300


def test_values_come_typed_and_unchanged() -> None:
    project = find_project(
        "{as_of_date: 2024-12-31, max_basket_items: 10, max_rejected_share: 1}"
    )

    assert project.given == {
        "as_of_date": "2024-12-31",
        "max_basket_items": 10,
        "max_rejected_share": 1.0,
    }
    assert project.variables["earliest_date"] == "1990-01-01"


def test_a_default_that_breaks_its_rule_names_the_file() -> None:
    broken = {**SETTINGS, "vars": {**SETTINGS["vars"], "max_basket_items": "many"}}
    with (
        patch("pipeline.dbt.project.read_yaml", return_value=broken),
        pytest.raises(PipelineError, match=r"^dbt_project.yml: var max_basket_items"),
    ):
        find_project(None)


def test_every_variable_has_a_rule_and_a_line_in_the_readme() -> None:
    defaults = {n: v for n, v in SETTINGS["vars"].items() if n != RULES}
    readme = (ROOT / "pipeline" / "README.md").read_text(encoding="utf-8")
    table = re.search(r"\| variable \|.*?\n\n", readme, re.S)
    assert table is not None

    assert list(defaults) == list(RULE)
    assert table.group().splitlines()[2:-1] == [
        f"| `{name}` | {f'`{defaults[name]}`' if defaults[name] else ''} "
        f"| {rule.expected} | {rule.description} |"
        for name, rule in RULE.items()
    ]
