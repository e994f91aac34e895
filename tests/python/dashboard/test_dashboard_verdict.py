"""Whether the data can be trusted: every answer, and what makes it another one."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dashboard_support import change, texts

from dashboard.queries import verdict
from dashboard.queries.data_health import glossary
from dashboard.queries.verdict import Answer, State
from dashboard.schema import Span
from tests.python.dashboard.conftest import Show

D = dt.date
KNOWN = Span(D(2024, 1, 1), D(2025, 6, 30), D(2025, 6, 30))
LOADED = {"built_at": "2025-07-01T03:16:00+00:00", "source": "load"}
WARNED = {"freshness_warn_days": 3, "as_of_date": ""}
MORNING = dt.datetime(2025, 7, 1, 9, tzinfo=dt.UTC)
COLUMNS = ["check_name", "doubt", "subject", "words", "since"]


def doubts(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Rows of `data_health.doubts`: the check, what it is about, and how."""
    listed = [
        (check, check.replace("_", " ").capitalize(), of, words, "2025-07-01")
        for check, of, words in rows
    ]
    return pd.DataFrame(listed, columns=COLUMNS)


def fresh(
    now: dt.datetime = MORNING,
    found: pd.DataFrame | None = None,
    info: dict[str, Any] = LOADED,
    variables: dict[str, Any] = WARNED,
    known: Span | None = KNOWN,
) -> Answer:
    return verdict.fresh(known, info, variables, found, now)


def test_data_of_yesterday_are_fresh() -> None:
    answer = fresh(found=doubts())
    assert (answer.state, answer.troubles) == (State.WELL, ())
    assert answer.reason == (
        "Orders until 30 Jun 2025, built 1 Jul 2025; more than 3 days are too many."
    )


def test_data_grow_old_although_the_build_found_them_fresh() -> None:
    answer = fresh(MORNING + dt.timedelta(days=3), doubts())
    assert answer.state is State.DOUBTFUL
    assert answer.troubles == ("Nothing newer than 30 Jun 2025, 4 days ago.",)
    answer = fresh(MORNING + dt.timedelta(days=4), doubts())
    assert answer.troubles[1:] == ("The last build was 4 days ago.",)


def test_a_day_that_is_pinned_is_the_clock_of_the_orders_only() -> None:
    pinned = WARNED | {"as_of_date": "2025-06-30"}
    assert fresh(variables=pinned).state is State.WELL
    late = fresh(MORNING + dt.timedelta(days=9), variables=pinned)
    assert late.troubles == ("The last build was 9 days ago.",)


def test_another_table_that_was_old_at_the_build_is_named() -> None:
    old = ("stale_tables", "raw_products", "nothing newer than 2025-05-01, 61 days ago")
    answer = fresh(found=doubts(old))
    assert answer.state is State.DOUBTFUL
    assert "raw_products: nothing newer than 2025-05-01" in answer.troubles[0]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"info": {**LOADED, "source": "demo"}}, "does not age"),
        ({"info": {}}, "nobody wrote down when they were built"),
        ({"variables": {"freshness_warn_days": ""}}, "sets no limit"),
        ({"known": None}, "no sales"),
    ],
)
def test_where_nobody_judged_the_age_the_answer_says_why(
    changed: dict[str, Any], words: str
) -> None:
    answer = fresh(MORNING + dt.timedelta(days=900), **changed)
    assert (answer.state, answer.troubles) == (State.UNKNOWN, ())
    assert words in answer.reason


def outcomes(**rejected: int) -> pd.DataFrame:
    """Rows of `data_health.outcomes`: 1,000 rows in, some of them rejected."""
    rows = [("accepted", "", 1000 - sum(rejected.values()))]
    rows += [("rejected", name.replace("_", " "), n) for name, n in rejected.items()]
    frame = pd.DataFrame(rows, columns=["outcome", "reason", "row_count"])
    return frame.assign(raw_table="raw_orders", amount=0.0)


def test_all_rows_are_in_where_only_copies_were_rejected() -> None:
    answer = verdict.complete(outcomes(duplicate_key=300), doubts(), [])
    assert (answer.state, answer.reason) == (State.WELL, "All 1,000 rows are in.")


@pytest.mark.parametrize(("lost", "state"), [(10, State.WELL), (11, State.DOUBTFUL)])
def test_more_than_one_lost_row_of_a_hundred_is_a_gap(lost: int, state: State) -> None:
    answer = verdict.complete(outcomes(bad_date=lost - 1, bad_number=1), doubts(), [])
    assert answer.state is state
    assert answer.reason.startswith(f"{1000 - lost} of 1,000 rows are in")
    assert answer.reason.endswith("for this: not a date.")


def test_days_and_countries_without_orders_are_gaps() -> None:
    found = doubts(
        ("country_gone", "Chile", "no order in a week"), ("odd_orders", "", "12")
    )
    missing = [D(2025, 6, 20) + dt.timedelta(days=n) for n in range(7)]
    answer = verdict.complete(outcomes(), found, missing)
    assert answer.state is State.DOUBTFUL
    gone, closed = answer.troubles
    assert gone == "Country gone, Chile: no order in a week."
    assert closed.startswith("No orders on Friday, 20 Jun 2025, ")
    assert "and 2 more days: closed" in closed


def results(*status: str) -> pd.DataFrame:
    return pd.DataFrame({"status": list(status)})


def test_what_is_odd_makes_inconsistent_although_all_tests_passed() -> None:
    passed = results("pass", "pass")
    assert verdict.consistent(passed, doubts()) == Answer(
        "Consistent", State.WELL, "All 2 tests passed; nothing is odd."
    )
    odd = doubts(("odd_orders", "", "12, where"), ("country_gone", "Chile", "none"))
    answer = verdict.consistent(passed, odd)
    assert (answer.state, answer.troubles) == (
        State.DOUBTFUL,
        ("Odd orders: 12, where.",),
    )


def test_tests_that_warn_or_were_not_run_are_said() -> None:
    answer = verdict.consistent(results("pass", "warn"), doubts())
    assert (answer.state, answer.troubles) == (
        State.DOUBTFUL,
        ("1 of the tests warn.",),
    )
    answer = verdict.consistent(None, None)
    assert answer.state is State.UNKNOWN
    assert "kept no test results; nobody looked" in answer.reason


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ("www", "The data are fresh, complete and consistent."),
        ("wdw", "The data are fresh and consistent, but with gaps."),
        ("dwd", "The data are complete, but too old and odd in places."),
        ("uww", "The data are complete and consistent; their age was not judged."),
        (
            "uwu",
            "The data are complete; their age was not judged; they were not tested.",
        ),
        ("dww", "The data are complete and consistent, but too old."),
    ],
)
def test_the_verdict_is_a_sentence(states: str, sentence: str) -> None:
    named = {state.value[0]: state for state in State}
    names = ("Fresh", "Complete", "Consistent")
    answers = [
        Answer(name, named[letter], "")
        for name, letter in zip(names, states, strict=True)
    ]
    assert verdict.in_a_sentence(answers) == sentence


def test_today_data_health_and_the_header_say_the_same(
    own_warehouse: Path, show: Show
) -> None:
    change(
        own_warehouse,
        "update build_info set source = 'load'",
        "insert into build_doubts values ('country_gone', 'Chile', '', 'warn', "
        "'no order in the week until 2025-12-31', '2026-01-01T03:15:00+00:00')",
    )
    said = {page: texts(show(own_warehouse, page)) for page in ("Today", "Data health")}
    for page, found in said.items():
        shown = found.replace("\\", "").replace("\N{WORD JOINER}", "")
        assert "Country gone, Chile: no order in the week until 2025-12-31." in shown
        assert "Nothing newer than 31 Dec 2025" in shown
        assert "but too old and with gaps" in shown, page
        assert "1 doubt, too old" in shown, page


def test_the_glossary_is_searched_in_names_and_definitions(
    demo_warehouse: Path, show: Show
) -> None:
    assert [each.name for each in glossary("RATE  returns")] == ["Returns rate"]
    app = show(demo_warehouse, "Data health")
    assert len(app.table[0].value) == len(glossary()) > 50
    app.text_input(key="glossary").set_value("kaplan").run()
    assert list(app.table[0].value.index) == ["Back by then"]
    app.text_input(key="glossary").set_value("nonsense").run()
    assert "No figure is named or defined so" in texts(app)
    assert not app.table
