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
Answers = list[tuple[Question | RetentionQuestion, Answer, Answer]]
QUESTIONS = {"duckdb": draw(50, seed=1), "postgres": draw(20, seed=2)}


@pytest.fixture(scope="module")
def answers(
    request: pytest.FixtureRequest,
    warehouse: Callable[[str, str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Answers:
    """MetricFlow's answers to the questions of an engine, and the dashboard's."""
    target = request.param
    place = warehouse("varied", target).removeprefix(f"{target}:")
    parsed = tmp_path_factory.mktemp("parsed")
    found = ask_metricflow(target, place, parsed, QUESTIONS[target])
    with closing(Warehouse(Location(target, place))) as opened:
        shown = [question.shown(opened) for question in QUESTIONS[target]]
    return list(zip(QUESTIONS[target], found, shown, strict=True))


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


@pytest.mark.parametrize(
    ("answers", "number"),
    [(target, n) for target, asked in QUESTIONS.items() for n in range(len(asked))],
    indirect=["answers"],
)
def test_metricflow_and_the_dashboard_agree(answers: Answers, number: int) -> None:
    question, found, shown = answers[number]
    # a period or a ratio of nothing is 0 or missing here, and not a row there
    for key in found.keys() | shown.keys():
        assert (found.get(key) or 0) == pytest.approx(
            shown.get(key) or 0, rel=1e-9, abs=1e-6
        ), (question, key)


@pytest.mark.parametrize("answers", QUESTIONS, indirect=True)
def test_hardly_a_question_is_about_nothing(answers: Answers) -> None:
    empty = [not any(found.values()) for _, found, _ in answers]
    assert sum(empty) <= len(empty) / 10
