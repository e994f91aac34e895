"""What stands between the pages and the warehouse: one version a run, and a cache.

Answers are cached under the version they came from, so a new build shows up by itself
and its figures never stand beside those of the old one.
"""

import contextlib
import datetime as dt
import functools
import os
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import pandas as pd
import streamlit as st
import yaml  # type: ignore[import-untyped]

from dashboard import privacy, schema
from dashboard.filters import SalesFilter
from dashboard.formatting import Currency, day
from dashboard.periods import DateRange
from dashboard.queries import data_health, sales, today, verdict
from dashboard.warehouse import (
    Trouble,
    Warehouse,
    WarehouseError,
    identity,
    location_from_environment,
    query_seconds_from_environment,
)
from pipeline.installation import PROJECT_ROOT
from pipeline.warehouse.location import Location

_PROJECT = PROJECT_ROOT / "dbt_project.yml"
_SHOWN_VERSION = "shown_version"
# What a run asks for dozens of times, by that version.
_OPEN, _CURRENCY = "open_warehouse", "currency_shown"

P = ParamSpec("P")
R = TypeVar("R")


@st.cache_resource(max_entries=2, show_spinner=False)
def _open(location: Location, version: str, seconds: float) -> Warehouse:
    """The connections to one version; the version is there to be part of the key."""
    return Warehouse(location, seconds)


def open_published() -> Warehouse:
    """The version published now; every query of this run goes to it.

    Raises:
        WarehouseError: There is none, or none that pages can be drawn from.
    """
    for key in (_SHOWN_VERSION, _OPEN, _CURRENCY):
        st.session_state.pop(key, None)
    location = location_from_environment(os.environ)
    version = identity(location)
    warehouse = _open(location, version, query_seconds_from_environment(os.environ))
    schema.check(warehouse)
    st.session_state[_SHOWN_VERSION] = version
    st.session_state[_OPEN] = warehouse
    return warehouse


def published_version() -> str:
    """What names the version published now; empty where there is none."""
    try:
        return identity(location_from_environment(os.environ))
    except WarehouseError:
        return ""


def is_published() -> bool:
    """Whether the version that this page shows is the one published now."""
    return published_version() == st.session_state.get(_SHOWN_VERSION)


def current() -> Warehouse:
    """The version that this run shows."""
    warehouse: Warehouse = st.session_state[_OPEN]
    return warehouse


def ask(
    function: Callable[Concatenate[Warehouse, P], R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """The answer of a query function, from the cache where it was asked before.

    Raises:
        WarehouseError: There is none. One that took too long is not asked for again
            within a minute: each click would wait for it, and keep the server busy.
    """
    warehouse = current()
    name = f"{function.__module__}.{function.__qualname__}"
    question = repr((args, sorted(kwargs.items())))
    asked = (warehouse.identity, name, question)
    if (slow := _too_slow().get(asked)) is not None:
        raise slow
    call = functools.partial(function, warehouse, *args, **kwargs)
    try:
        return cast(R, _answer(*asked, call))
    except WarehouseError as error:
        if error.trouble is Trouble.SLOW:
            _too_slow()[asked] = error
        raise


@st.cache_resource(ttl=60, show_spinner=False)
def _too_slow() -> dict[tuple[str, str, str], WarehouseError]:
    """What took too long in the last minute."""
    return {}


@st.cache_data(max_entries=300, show_spinner=False)
def _answer(version: str, name: str, question: str, _call: Callable[[], Any]) -> Any:
    return _call()


def span() -> schema.Span:
    """The first and last day with sales, and the as-of date."""
    return ask(schema.span)


def every_day() -> pd.DataFrame:
    """Rows of `sales.by_day` of all that the warehouse knows."""
    known = span()
    return ask(sales.by_day, SalesFilter(DateRange(known.first, known.as_of)))


def by_day(chosen: SalesFilter) -> pd.DataFrame:
    """Rows of `sales.by_day`; those of all countries and categories are asked once."""
    if chosen.countries or chosen.categories:
        return ask(sales.by_day, chosen)
    days = every_day()
    start, end = pd.Timestamp(chosen.days.start), pd.Timestamp(chosen.days.end)
    return days[days["date"].between(start, end)].reset_index(drop=True)


def is_fresh() -> verdict.Answer:
    """Whether the data are fresh, by the clock of now."""
    try:
        known = span()
    except WarehouseError as error:
        if error.trouble is not Trouble.NO_SALES:
            raise
        known = None
    return verdict.fresh(
        known,
        ask(data_health.build_info),
        ask(data_health.build_variables),
        ask(data_health.doubts),
        dt.datetime.now(dt.UTC),
    )


def verdicts() -> list[verdict.Answer]:
    """Whether the data are fresh, complete and consistent."""
    doubts = ask(data_health.doubts)
    missing: list[dt.date] = []
    answer = is_fresh()
    with contextlib.suppress(WarehouseError):  # no sales: said already
        known = span()
        last, _ = today.last_whole_day(ask(today.last_orders), known.as_of)
        missing = today.days_without_orders(every_day(), last, known.first)
    return [
        answer,
        verdict.complete(ask(data_health.outcomes), doubts, missing),
        verdict.consistent(ask(data_health.build_tests), doubts),
    ]


def freshness(*, in_full: bool = False) -> str:
    """Until when there are orders, when they were built, and what speaks against them.

    In full, the tests too.
    """
    said = []
    orders = ask(today.last_orders)
    if not orders.empty:
        newest = orders.iloc[0]
        when = "" if pd.isna(newest["last_order"]) else f" {newest['last_order']:%H:%M}"
        said.append(f"Orders until {day(newest['date'].date())}{when}")
    built = data_health.built_at(ask(data_health.build_info))
    if built is not None:
        clock = f" {built:%H:%M} UTC" if in_full else ""
        said.append(f"built {day(built.date())}{clock}")
    doubts = ask(data_health.doubts)
    if (count := 0 if doubts is None else len(doubts)) > 0:
        said.append(f"{count:,} doubt{'' if count == 1 else 's'}")
    if (fresh := is_fresh()).state is verdict.State.DOUBTFUL:
        said.append(fresh.word)
    if not in_full:
        return ", ".join(said)
    results = ask(data_health.build_tests)
    if results is not None and len(results):
        passed = int((results["status"] == "pass").sum())
        of = f"all {passed:,}" if passed == len(results) else f"{passed:,} of"
        rest = "" if passed == len(results) else f" {len(results):,}"
        said.append(f"{of}{rest} tests passed")
    return ", ".join(said)


def choices() -> tuple[list[str], list[str]]:
    """The countries and categories to choose from."""
    return ask(sales.choices)


def currency() -> Currency:
    """The warehouse's currency: of the build, or as the dbt project has it."""
    if _CURRENCY not in st.session_state:
        built = ask(data_health.build_info).get("currency")
        code = str(built or _project_variables()["currency"] or Currency.code)
        st.session_state[_CURRENCY] = Currency(code)
    known: Currency = st.session_state[_CURRENCY]
    return known


def whole_variable(name: str) -> int:
    """A whole number among dbt's variables: of the build, or as the project has it."""
    built = ask(data_health.build_variables)
    return int(built[name] if name in built else _project_variables()[name])


@functools.cache
def _project_variables() -> dict[str, Any]:
    variables: dict[str, Any] = yaml.safe_load(_PROJECT.read_text(encoding="utf-8"))[
        "vars"
    ]
    return variables


def show_pii() -> bool:
    """Whether personal data may be shown as they are."""
    return privacy.shows_pii(os.environ)
