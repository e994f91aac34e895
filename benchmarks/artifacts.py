"""What dbt left of a build: how long each model and test took, and what it read."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.equality import FLOOR_TABLES
from pipeline.installation import PROJECT_ROOT

# What the models of the floor's tables need for columns that the floor lacks:
# predicted values, and the evidence of pairs.
_MODELS_BEYOND_THE_FLOOR = (
    "int_clv_",
    "int_basket_product_strata",
    "int_product_pair_excesses",
)

Result = Mapping[str, Any]


@dataclass(frozen=True)
class DbtArtifacts:
    """What dbt noted of one build.

    Attributes:
        nodes: The results of seeds, models and tests, in the order they ended.
        manifest: What dbt knows of each node.
    """

    nodes: list[Result]
    manifest: Mapping[str, Any]

    @property
    def models(self) -> list[Result]:
        """The models among the nodes."""
        return [node for node in self.nodes if node["unique_id"].startswith("model.")]

    @property
    def models_of_the_floor(self) -> list[Result]:
        """The models that the floor's tables are made from."""
        needed = floor_models(self.manifest)
        return [model for model in self.models if model["unique_id"] in needed]

    def seconds_a_model(self) -> dict[str, float]:
        """How long each model ran."""
        return {
            node_name(model): float(model["execution_time"]) for model in self.models
        }

    def slowest_models(self, count: int) -> str:
        """The slowest models, as text."""
        seconds = sorted(self.seconds_a_model().items(), key=lambda item: -item[1])
        return ", ".join(f"{model} {took:.1f} s" for model, took in seconds[:count])


def node_name(result: Result) -> str:
    """Return the name of a result's node."""
    return str(result["unique_id"]).rpartition(".")[2]


def newest_artifacts(project: Path) -> Path:
    """Return the folder where the newest ``pipeline build`` left dbt's artifacts."""
    results = (project / "target" / "build").glob("*/run_results.json")
    return max(results, key=lambda path: path.stat().st_mtime).parent


def read_artifacts(folder: Path) -> DbtArtifacts:
    """Read dbt's artifacts of a build, which leaves the manifest to be made."""
    path = folder / "manifest.json"
    if not path.exists():
        subprocess.run(
            [
                *(sys.executable, "-m", "dbt.cli.main", "parse", "--quiet"),
                *("--target-path", str(folder), "--log-path", str(folder)),
            ],
            cwd=PROJECT_ROOT,
            check=True,
        )
    results = json.loads((folder / "run_results.json").read_text(encoding="utf-8"))
    manifest = json.loads(path.read_text(encoding="utf-8"))
    return DbtArtifacts(results["results"], manifest["nodes"])


def floor_models(manifest: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of the models that the floor's tables are made from."""
    models = {key: node for key, node in manifest.items() if key.startswith("model.")}
    left = [
        key for key, node in models.items() if node["alias"].lower() in FLOOR_TABLES
    ]
    found: set[str] = set()
    while left:
        key = left.pop()
        if key not in models or key in found:
            continue
        if not models[key]["name"].startswith(_MODELS_BEYOND_THE_FLOOR):
            found.add(key)
            left += models[key]["depends_on"]["nodes"]
    return frozenset(found)


def busy_seconds(results: Iterable[Result]) -> float:
    """Return how long any of these nodes ran, however many ran side by side."""
    spans = sorted(
        (
            datetime.fromisoformat(result["timing"][0]["started_at"]),
            datetime.fromisoformat(result["timing"][-1]["completed_at"]),
        )
        for result in results
        if result["timing"]
    )
    busy, end = timedelta(), datetime.min.replace(tzinfo=UTC)
    for start, stop in spans:
        busy += max(stop - max(start, end), timedelta())
        end = max(end, stop)
    return busy.total_seconds()
