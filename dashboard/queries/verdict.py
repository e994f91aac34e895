"""Whether the data can be trusted, in words: fresh, complete, consistent.

The build's doubts, its tests and what it left out are judged here and nowhere else: the
header of every page, Today and Data health say the same.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pandas as pd

from dashboard.formatting import day, weekday
from dashboard.queries.data_health import built_at, in_words
from dashboard.schema import Span

# A loss of more rows than one of a hundred is a gap.
_FEW = 0.01
_LISTED = 5
# A row that is there twice is not lost.
_KEPT_ELSEWHERE = "duplicate key"
_OF_AGE = ("stale_tables",)
_OF_GAPS = ("rejects_jumped", "category_gone", "country_gone")


class State(Enum):
    """What an answer comes to."""

    WELL = "well"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"


_WORDS = {
    "Fresh": ("fresh", "too old", "their age was not judged"),
    "Complete": ("complete", "with gaps", "what is missing was not judged"),
    "Consistent": ("consistent", "odd in places", "they were not tested"),
}


@dataclass(frozen=True)
class Answer:
    """One of the three answers.

    Attributes:
        name: What is asked: Fresh, Complete or Consistent.
        state: What it comes to.
        reason: Why, in a sentence.
        troubles: What speaks against it, a sentence each; none where it is well.
    """

    name: str
    state: State
    reason: str
    troubles: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """What the data are by this answer."""
        return _WORDS[self.name][list(State).index(self.state)]


def in_a_sentence(answers: Sequence[Answer]) -> str:
    """All answers at once, the good ones first."""
    good = [each.word for each in answers if each.state is State.WELL]
    bad = [each.word for each in answers if each.state is State.DOUBTFUL]
    unknown = [each.word for each in answers if each.state is State.UNKNOWN]
    if len(good) > 2:
        good = [f"{good[0]}, {good[1]}", *good[2:]]
    known = ", but ".join(" and ".join(words) for words in (good, bad) if words)
    parts = [f"the data are {known}"] if known else []
    said = "; ".join([*parts, *unknown])
    return f"{said[0].upper()}{said[1:]}."


def fresh(
    known: Span | None,
    info: Mapping[str, object],
    variables: Mapping[str, Any],
    doubts: pd.DataFrame | None,
    now: dt.datetime,
) -> Answer:
    """Whether the data are as young as the build was told they must be.

    Args:
        known: The days with sales.
        info: `data_health.build_info`.
        variables: `data_health.build_variables`.
        doubts: `data_health.doubts`.
        now: The clock, in UTC. A build that found nothing old grows old itself.
    """
    built = built_at(info)
    if known is None:
        return Answer("Fresh", State.UNKNOWN, "There are no sales.")
    until = f"Orders until {day(known.last)}"
    if built is None:
        said = f"{until}; nobody wrote down when they were built."
        return Answer("Fresh", State.UNKNOWN, said)
    until += f", built {day(built.date())}"
    if info.get("source") != "load":
        return Answer("Fresh", State.UNKNOWN, f"{until}: a demo does not age.")
    limit = variables.get("freshness_warn_days", "")
    if limit == "":
        said = f"{until}; freshness_warn_days sets no limit."
        return Answer("Fresh", State.UNKNOWN, said)
    today = now.date()
    pinned = variables.get("as_of_date", "")
    clock = dt.date.fromisoformat(str(pinned)) if pinned else today
    old = [
        f"{row.subject}: {row.words}, when it was built"
        for row in _of(doubts, _OF_AGE)
        if "raw_orders" not in row.subject
    ]
    if (age := (clock - known.last).days) > int(limit):
        old.insert(0, f"Nothing newer than {day(known.last)}, {age:,} days ago.")
    if (age := (today - built.date()).days) > int(limit):
        old.append(f"The last build was {age:,} days ago.")
    state = State.DOUBTFUL if old else State.WELL
    said = f"{until}; more than {limit} days are too many."
    return Answer("Fresh", state, said, tuple(old))


def complete(
    outcomes: pd.DataFrame, doubts: pd.DataFrame | None, missing: Sequence[dt.date]
) -> Answer:
    """Whether what the shop sold has arrived.

    Args:
        outcomes: `data_health.outcomes`.
        doubts: `data_health.doubts`.
        missing: `today.days_without_orders`.
    """
    counted = outcomes[outcomes["outcome"].isin(["accepted", "rejected"])]
    rows = int(counted["row_count"].sum())
    rejected = counted[counted["outcome"] == "rejected"]
    lost = rejected[rejected["reason"] != _KEPT_ELSEWHERE]
    count = int(lost["row_count"].sum())
    if not rows:
        return Answer("Complete", State.DOUBTFUL, "No row came in.")
    reason = f"All {rows:,} rows are in."
    if count:
        most = lost.groupby("reason")["row_count"].sum().idxmax()
        reason = (
            f"{rows - count:,} of {rows:,} rows are in ({1 - count / rows:.2%}); most "
            f"of the others were rejected for this: {in_words(str(most)).lower()}."
        )
    troubles = [f"{_titled(row)}: {row.words}." for row in _of(doubts, _OF_GAPS)]
    if count > rows * _FEW:
        troubles.insert(0, f"{count:,} rows were rejected ({count / rows:.1%}).")
    if missing:
        named = ", ".join(weekday(one) for one in missing[:_LISTED])
        more = len(missing) - _LISTED
        troubles.append(
            f"No orders on {named}{f' and {more} more days' if more > 0 else ''}: "
            "closed, or not delivered?"
        )
    state = State.DOUBTFUL if troubles else State.WELL
    return Answer("Complete", state, reason, tuple(troubles))


def consistent(tests: pd.DataFrame | None, doubts: pd.DataFrame | None) -> Answer:
    """Whether the data agree with each other, and with the days before.

    Args:
        tests: `data_health.build_tests`.
        doubts: `data_health.doubts`.
    """
    troubles = [
        f"{_titled(row)}: {row.words}."
        for row in _of(doubts)
        if row.check_name not in (*_OF_AGE, *_OF_GAPS)
    ]
    reason, state = "This build kept no test results", State.UNKNOWN
    if tests is not None and len(tests):
        passed = int((tests["status"] == "pass").sum())
        reason, state = f"All {passed:,} tests passed", State.WELL
        if passed < len(tests):
            reason = f"{passed:,} of {len(tests):,} tests passed"
            troubles.append(f"{len(tests) - passed:,} of the tests warn.")
    if doubts is None:
        reason += "; nobody looked for what is odd"
    elif not troubles:
        reason += "; nothing is odd"
    if troubles:
        state = State.DOUBTFUL
    return Answer("Consistent", state, f"{reason}.", tuple(troubles))


def _of(doubts: pd.DataFrame | None, checks: Sequence[str] = ()) -> list[Any]:
    """Rows of some checks, or of all."""
    if doubts is None:
        return []
    rows = doubts[doubts["check_name"].isin(checks)] if checks else doubts
    return list(rows.itertuples(index=False))


def _titled(row: Any) -> str:
    return f"{row.doubt}, {row.subject}" if row.subject else str(row.doubt)
