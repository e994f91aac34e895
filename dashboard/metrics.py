"""Every figure of the dashboard: its name, formula and unit, written once.

Those that MetricFlow answers too are in the dbt project, `models/marts/metrics.yml`;
what only a page shows is in `metrics.toml`. Tooltips, chart titles, the Data health
page and the README's table all read from there, and ratios are divided as they say, so
a definition cannot differ between two places.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, overload

import pandas as pd

from pipeline.dbt.variables import read_yaml
from pipeline.installation import PROJECT_ROOT


class Unit(StrEnum):
    """What a figure counts; decides how it is written."""

    MONEY = "money"
    COUNT = "count"
    SHARE = "share"
    RATIO = "ratio"
    DAYS = "days"


class Change(StrEnum):
    """What a rise of a figure means."""

    HIGHER_IS_BETTER = "higher is better"
    LOWER_IS_BETTER = "lower is better"
    NEUTRAL = "neutral"


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        key: The column that holds it in query results.
        name: What people call it.
        formula: How it comes about, in words.
        unit: What it counts.
        change: What a rise means.
        ratio: The columns that are divided, where two are.
    """

    key: str
    name: str
    formula: str
    unit: Unit
    change: Change
    ratio: tuple[str, str] | None


def _read_metrics() -> dict[str, Metric]:
    own = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    entries = _read_semantic_layer() | own
    return {
        key: Metric(
            key,
            entry["name"],
            entry["formula"],
            Unit(entry["unit"]),
            Change(entry.get("change", Change.HIGHER_IS_BETTER)),
            tuple(entry["ratio"]) if "ratio" in entry else None,
        )
        for key, entry in entries.items()
    }


def _read_semantic_layer() -> dict[str, dict[str, Any]]:
    """The metrics of the dbt project, as `metrics.toml` would have them."""
    text = (PROJECT_ROOT / "models" / "marts" / "metrics.yml").read_text("utf-8")
    metrics = {metric["name"]: metric for metric in read_yaml(text)["metrics"]}
    entries = {}
    for key, metric in metrics.items():
        entry = {"name": metric["label"], "formula": metric["description"]}
        entries[key] = entry | metric["config"]["meta"]
        if metric["type"] == "ratio" and "filter" not in metric:
            parts = metric["type_params"]
            numerator, denominator = parts["numerator"], parts["denominator"]
            # such as -returns, where the numerator is derived from one metric
            numerator = metrics[numerator]["type_params"].get("expr", numerator)
            entries[key]["ratio"] = (numerator, denominator)
    return entries


METRICS = _read_metrics()


def metric(key: str) -> Metric:
    """The metric of that key.

    Raises:
        KeyError: No metric has that key.
    """
    return METRICS[key]


@overload
def ratio(figures: pd.DataFrame, key: str) -> pd.Series: ...
@overload
def ratio(figures: Mapping[str, float], key: str) -> float | None: ...
def ratio(
    figures: pd.DataFrame | Mapping[str, float], key: str
) -> pd.Series | float | None:
    """The metric of that key, divided; missing where the divisor is not positive.

    Raises:
        ValueError: The metric is no ratio of two columns.
    """
    columns = metric(key).ratio
    if columns is None:
        raise ValueError(f"no ratio: {key}")
    numerator, denominator = columns
    sign = -1 if numerator.startswith("-") else 1
    dividend = sign * figures[numerator.removeprefix("-")]
    divisor = figures[denominator]
    if isinstance(divisor, pd.Series):
        return dividend / divisor.where(divisor > 0)
    return dividend / divisor if divisor > 0 else None


def shares(amounts: pd.Series) -> pd.Series:
    """Each amount's part of all; missing where they add up to nothing."""
    total = amounts.sum()
    return amounts / (total if total > 0 else float("nan"))
