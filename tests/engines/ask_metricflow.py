"""Asks MetricFlow many questions in one process: its start takes longer than an answer.

`python ask_metricflow.py TARGET TARGET_PATH < questions`. Both are JSON: of a question
the names of its metrics, what it groups by and its conditions; of an answer the rows.
"""

import datetime as dt
import json
import sys
from decimal import Decimal
from pathlib import Path

from dbt.adapters.factory import get_adapter_by_type
from dbt.cli.main import dbtRunner
from dbt_metricflow.cli.dbt_connectors.adapter_backed_client import (
    AdapterBackedSqlClient,
)
from metricflow.engine.metricflow_engine import (
    MetricFlowEngine,
    MetricFlowQueryRequest,
)
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup


def open_engine(target: str, target_path: Path) -> MetricFlowEngine:
    """MetricFlow on the warehouse that the environment names, as dbt parses it."""
    parsed = dbtRunner().invoke(["--quiet", "parse", "--target-path", str(target_path)])
    if not parsed.success:
        raise SystemExit(f"dbt does not parse the project: {parsed.exception}")
    manifest = parse_manifest_from_dbt_generated_manifest(
        (target_path / "semantic_manifest.json").read_text("utf-8")
    )
    return MetricFlowEngine(
        semantic_manifest_lookup=SemanticManifestLookup(manifest),
        sql_client=AdapterBackedSqlClient(get_adapter_by_type(target)),
    )


def plain(value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat()[:10] if isinstance(value, dt.date) else value


def main(target: str, target_path: Path) -> None:
    """Answer what stands on the input."""
    engine = open_engine(target, target_path)
    answers = []
    for question in json.load(sys.stdin):
        request = MetricFlowQueryRequest.create(**question)
        table = engine.query(request).result_df
        answers.append([list(map(plain, row)) for row in table.rows])
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
