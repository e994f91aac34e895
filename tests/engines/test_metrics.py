"""MetricFlow and the dashboard give the same answers to the same questions."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.warehouse import Warehouse
from pipeline.warehouse.location import Location
from tests.engines.metric_questions import Answer, Question, RetentionQuestion, draw
from tests.small_project import ROOT

ASK = Path(__file__).with_name("ask_metricflow.py")
QUESTIONS = {"duckdb": draw(50, seed=1), "postgres": draw(20, seed=2)}


@pytest.mark.parametrize("target", QUESTIONS)
def test_metricflow_and_the_dashboard_agree(
    target: str, warehouse: Callable[[str, str], str], tmp_path: Path
) -> None:
    place = warehouse("varied", target).removeprefix(f"{target}:")
    asked = QUESTIONS[target]
    answers = ask_metricflow(target, place, tmp_path, asked)
    faults = []
    with closing(Warehouse(Location(target, place))) as opened:
        for question, found in zip(asked, answers, strict=True):
            shown = question.shown(opened)
            # a period or a ratio of nothing is 0 or missing here, and not a row there
            faults += [
                f"{question}: {key}: {found.get(key)}, shown {shown.get(key)}"
                for key in found.keys() | shown.keys()
                if (found.get(key) or 0)
                != pytest.approx(shown.get(key) or 0, rel=1e-9, abs=1e-6)
            ]

    assert not faults, "\n".join(faults)
    # hardly a question is about nothing
    assert sum(not any(found.values()) for found in answers) <= len(answers) / 10


def ask_metricflow(
    target: str,
    place: str,
    parsed: Path,
    questions: Sequence[Question | RetentionQuestion],
) -> list[Answer]:
    """MetricFlow's answers: the metric by what it is grouped by."""
    done = subprocess.run(
        [sys.executable, str(ASK), target, str(parsed)],
        cwd=ROOT,
        env={
            **{k: v for k, v in os.environ.items() if k[:4] != "DWH_"},
            "DWH_TARGET": target,
            "DWH_DATABASE" if target == "duckdb" else "DWH_SCHEMA": place,
            "DBT_LOG_PATH": str(parsed),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        input=json.dumps([question.asked for question in questions]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return [
        {row[0] if len(row) == 2 else None: row[-1] for row in rows}
        for rows in json.loads(done.stdout)
    ]
