"""What is odd about a build is found, and nothing else: of shops of all kinds."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.doubts import (
    BUILD_DOUBTS,
    CHECKS_OF_SALES,
    Doubt,
    Sales,
    find_doubts,
    report_doubts,
    robust_score,
)
from pipeline.errors import BuildFailedError
from pipeline.raw_files.contract import RawBatch
from pipeline.records import columns_of, rows_of
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.sqlite.engine import SqliteEngine

LAST = date(2024, 6, 30)  # a Sunday
ALL = dict.fromkeys(CHECKS_OF_SALES, "warn")
BUILT_AT = "2024-07-01T03:15:00+00:00"


def days(orders: Callable[[date], float], weeks: int = 9) -> list[tuple[date, float]]:
    """Orders of each day until the last one, by a function."""
    first = LAST - timedelta(7 * weeks - 1)
    return [
        (day, orders(day)) for day in (first + timedelta(n) for n in range(7 * weeks))
    ]


def shop(orders: Iterable[tuple[date, float]], value: float = 50.0) -> Sales:
    """A shop whose every order is worth the same."""
    found = dict(orders)
    sold = {day: (count, count * value) for day, count in found.items() if count}
    return Sales(min(found), LAST, sold, {"category_gone": {}, "country_gone": {}})


def odd(sales: Sales) -> list[tuple[str, str]]:
    return [(each.check_name, each.day) for each in sales.odd_days(ALL, 4.0)]


def both(day: date) -> list[tuple[str, str]]:
    return [(check, day.isoformat()) for check in ("odd_orders", "odd_net_sales")]


def test_the_score_is_the_modified_z_score_of_counts() -> None:
    past = [81 - 0.375, 100 - 0.375, 121 - 0.375, 144 - 0.375]  # roots 9, 10, 11, 12
    # The median is 10.5, and the median of the distances 0.5, 0.5, 1.5, 1.5 is 1.
    assert robust_score(16 - 0.375, past) == pytest.approx(0.6745 * (4 - 10.5) / 1)


@pytest.mark.parametrize(
    ("value", "past", "score"),
    [
        # All the same: as far as a Poisson count of that mean would be.
        (100, [100] * 8, 0.0),
        (144 - 0.375, [100 - 0.375] * 8, (12 - 10) / 0.5),
        # ... but never nearer than 5 % of it.
        (12_100 - 0.375, [10_000 - 0.375] * 8, (110 - 100) / 2.5),
        (-5, [0] * 8, 0.0),
    ],
)
def test_equal_counts_have_the_deviation_of_chance(
    value: float, past: Sequence[float], score: float
) -> None:
    assert robust_score(value, past) == pytest.approx(score)


def test_days_that_vary_by_chance_alone_are_seldom_odd() -> None:
    random = np.random.default_rng(1)
    for mean, most in ((0.5, 0.002), (8.0, 0.006), (200.0, 0.01)):
        past = random.poisson(mean, (4_000, 9))
        scores = [robust_score(row[0], list(row[1:])) for row in past.tolist()]
        assert np.mean(np.abs(scores) >= 4) < most


def test_a_day_of_a_third_or_twice_the_orders_is_odd() -> None:
    steady = days(lambda day: 60 + 20 * (day.weekday() == 4) + day.day % 5)
    assert odd(shop(steady)) == []
    for factor in (0.3, 2.0):
        for ago in (0, 6):
            changed = dict(steady)
            day = LAST - timedelta(ago)
            changed[day] *= factor
            assert odd(shop(changed.items())) == both(day)
    # The day before those judged was judged by the build before.
    changed = dict(steady)
    changed[LAST - timedelta(7)] = 0
    assert odd(shop(changed.items())) == []


def test_money_can_be_odd_where_orders_are_not() -> None:
    sales = shop(days(lambda _: 60))
    day = LAST - timedelta(2)
    sold = {**sales.days, day: (60.0, 60 * 5.0)}
    assert odd(Sales(sales.first, LAST, sold, sales.orders)) == [
        ("odd_net_sales", day.isoformat())
    ]
    # More went back than was sold.
    sold = {**sales.days, day: (60.0, -4_000.0)}
    assert odd(Sales(sales.first, LAST, sold, sales.orders)) == [
        ("odd_net_sales", day.isoformat())
    ]


def test_days_on_which_a_shop_is_closed_are_not_odd() -> None:
    closed = days(lambda day: 0 if day.weekday() == 6 else 60)
    assert odd(shop(closed)) == []
    # Sold on a Sunday, for once; and closed on a Thursday.
    sunday, thursday = LAST, LAST - timedelta(3)
    changed = {**dict(closed), sunday: 40, thursday: 0}
    # Where nothing was ever earned there is nothing to hold money against.
    assert odd(shop(changed.items())) == [
        *both(thursday),
        ("odd_orders", sunday.isoformat()),
    ]
    # A parcel or two is chance.
    assert odd(shop({**dict(closed), sunday: 2}.items())) == []


def test_a_young_shop_and_an_empty_one_are_not_judged() -> None:
    assert odd(shop(days(lambda day: 60 if day < LAST else 600, weeks=8))) == []
    assert odd(shop(days(lambda day: 60 if day < LAST else 600, weeks=9))) == both(LAST)
    assert odd(shop([(LAST, 1)])) == []
    assert odd(shop(days(lambda _: 0))) == []


def test_one_black_friday_makes_no_other_friday_odd() -> None:
    friday = LAST - timedelta(2)
    black = {friday - timedelta(7): 900, friday - timedelta(28): 0}
    assert odd(shop({**dict(days(lambda _: 60)), **black}.items())) == []
    assert odd(shop({**dict(days(lambda _: 60)), friday: 900}.items())) == both(friday)


def test_growth_and_single_sales_are_not_odd() -> None:
    assert (
        odd(shop(days(lambda day: round(60 * 1.02 ** ((LAST - day).days / -7))))) == []
    )
    assert odd(shop(days(lambda day: day.day % 3 == 0))) == []


def gone(
    weeks: Mapping[str, Sequence[int]], shop_weeks: Sequence[int] = (500,) * 9
) -> list[str]:
    """Categories gone, of orders in each week, the last one first."""

    def by_day(counts: Sequence[int]) -> dict[date, int]:
        return {LAST - timedelta(7 * n + 3): count for n, count in enumerate(counts)}

    days = {day: (float(n), n * 5.0) for day, n in by_day(shop_weeks).items()}
    orders: Mapping[str, Mapping[str, Mapping[date, int]]] = {
        "category_gone": {name: by_day(counts) for name, counts in weeks.items()},
        "country_gone": {},
    }
    sales = Sales(LAST - timedelta(62), LAST, days, orders)
    return [each.subject for each in sales.gone(ALL)]


def test_a_category_is_gone_that_sold_every_week_and_not_in_the_last() -> None:
    often = {"Gone": [0, *[20] * 8], "Fewer": [1, *[20] * 8], "Seldom": [0, *[6] * 8]}
    missed_a_week = {"Now and then": [0, *[40] * 7, 0]}
    assert gone({**often, **missed_a_week}) == ["Gone"]
    # Where the whole shop sold a tenth, it is not the category.
    assert gone(often, [50, *[500] * 8]) == []


def test_a_young_shop_loses_no_category() -> None:
    orders = {"Gone": {LAST - timedelta(n): 20 for n in range(7, 62)}}
    sold = {LAST - timedelta(n): (50.0, 1.0) for n in range(62)}
    for first, expected in ((61, 0), (62, 1)):
        sales = Sales(
            LAST - timedelta(first),
            LAST,
            sold,
            {"category_gone": orders, "country_gone": {}},
        )
        assert len(list(sales.gone(ALL))) == expected


# What is read from a warehouse.

TABLES = """
create table rpt_sales_daily (date text, country text, category text,
    is_all_categories integer, orders integer, net_sales real);
create table rpt_data_quality (raw_table text, outcome text, row_count integer);
create table raw_loads (raw_table text, source text, origin text, row_count integer,
    loaded_at text, file_hash text, table_hash text);
create table raw_batches (batch_id integer, raw_table text, kind text,
    loaded_at text, origin text, platform text, file_hash text, row_count integer,
    new_rows integer, replaced_rows integer);
create table stg_orders (order_date text);
"""
FRESH = {"freshness_warn_days": 3, "freshness_stop_days": 10}


class Shop:
    """A published version and the build that follows it, of a few tables."""

    def __init__(self, folder: Path) -> None:
        self.engine = SqliteEngine(str(folder / "shop.db"))
        for path in (folder / "shop.db", folder / "shop.db.building"):
            with closing(sqlite3.connect(path)) as connection:
                connection.executescript(TABLES)
            self.write(path, "raw_loads", [self.load("load", "2024-06-30")])
        self.published, self.building = folder / "shop.db", folder / "shop.db.building"

    def load(self, source: str, day: str) -> tuple[Any, ...]:
        return "raw_orders", source, "x", 1, f"{day}T12:00:00+00:00", None, None

    def write(self, path: Path, table: str, rows: Iterable[Sequence[Any]]) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"delete from {table}")
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(f"insert into {table} values ({marks})", row)

    def sold(self, counts: Iterable[tuple[date, float]]) -> None:
        rows = []
        for day, orders in counts:
            rows += [
                (str(day), "Chile", "(all)", 1, orders, orders * 50),
                (str(day), "Chile", "Toys", 0, orders, orders * 50),
            ]
        self.write(self.building, "rpt_sales_daily", rows)
        self.write(self.building, "stg_orders", [(row[0],) for row in rows])

    def quality(self, path: Path, accepted: int, rejected: int) -> None:
        table = "raw_orders"
        rows = [(table, "accepted", accepted), (table, "rejected", rejected)]
        self.write(path, "rpt_data_quality", rows)

    def doubts(
        self, variables: Mapping[str, Any], day: date = LAST + timedelta(1)
    ) -> list[Doubt]:
        now = datetime.combine(day, datetime.min.time())
        return find_doubts(self.engine, variables, BUILT_AT, (), now)

    def publish(self, doubts: Sequence[Doubt]) -> None:
        columns = ", ".join(f"{name} {sql}" for name, sql in columns_of(Doubt))
        with closing(sqlite3.connect(self.published)) as connection, connection:
            connection.execute(f"create table {BUILD_DOUBTS} ({columns})")
        self.write(self.published, BUILD_DOUBTS, rows_of(doubts))


@pytest.fixture
def a_shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.parametrize(
    ("days_later", "severities"),
    [(3, []), (4, ["warn"]), (10, ["warn"]), (11, ["stop"])],
)
def test_raw_tables_grow_old(
    days_later: int, severities: list[str], a_shop: Shop
) -> None:
    a_shop.sold([(LAST, 1), (date(2099, 1, 1), 1)])  # a slip of the pen hides nothing
    found = a_shop.doubts(FRESH, LAST + timedelta(days_later))

    assert [each.severity for each in found] == severities
    assert {each.subject for each in found} <= {
        "raw_customers, raw_products, raw_orders, raw_order_items"
    }
    assert a_shop.doubts({}, LAST + timedelta(days_later)) == []


def test_each_raw_table_has_an_age_of_its_own(a_shop: Shop) -> None:
    a_shop.sold([(LAST - timedelta(9), 1)])
    a_shop.write(a_shop.building, "stg_orders", [(str(LAST - timedelta(5)),)])

    assert [(each.subject, each.words) for each in a_shop.doubts(FRESH, LAST)] == [
        ("raw_orders", "nothing newer than 2024-06-25, 5 days ago"),
        ("raw_order_items", "nothing newer than 2024-06-21, 9 days ago"),
    ]


def test_a_day_that_is_called_today_is_not_the_clocks(a_shop: Shop) -> None:
    a_shop.sold([(LAST, 1)])
    years_later = LAST + timedelta(4_000)

    assert len(a_shop.doubts(FRESH, years_later)) == 1
    assert a_shop.doubts({**FRESH, "as_of_date": "2024-07-02"}, years_later) == []


def test_the_demo_shop_does_not_grow_old(a_shop: Shop) -> None:
    a_shop.sold([(LAST, 1)])
    demo = [a_shop.load("demo", "2024-06-30")]
    a_shop.write(a_shop.building, "raw_loads", demo)

    assert a_shop.doubts(FRESH, LAST + timedelta(4_000)) == []


REJECTS = {"rejects_jumped": "warn", "max_rejected_share": 0.05}


@pytest.mark.parametrize(
    ("before", "now", "batch", "is_doubted"),
    [
        # A bad day of a large shop, far below the share that stops a build.
        ((99_900, 100), (99_900, 160), 60, True),
        ((99_900, 100), (99_950, 110), 60, True),
        ((99_900, 100), (99_958, 102), 60, False),
        ((99_900, 100), (99_900, 100), 0, False),
        ((99_900, 160), (99_960, 160), 60, False),
        # One of a few rows is chance, and so is what is usual.
        ((99_900, 100), (99_904, 101), 5, False),
        ((90, 10), (93, 12), 5, False),
        # All was loaded: it is the new rows that count, or a hundredth of all.
        ((99_900, 100), (99_900, 400), None, True),
        ((99_900, 100), (100_890, 110), None, False),
        ((99_900, 100), (99_880, 120), None, False),
        # Of nothing before, nothing can be said.
        ((0, 0), (50, 50), None, False),
    ],
)
def test_a_share_of_rejected_rows_that_jumped_is_doubted(
    before: tuple[int, int],
    now: tuple[int, int],
    batch: int | None,
    is_doubted: bool,
    a_shop: Shop,
) -> None:
    a_shop.quality(a_shop.published, *before)
    a_shop.quality(a_shop.building, *now)
    full = RawBatch(1, "raw_orders", "full", "", "x", None, None, 9, 0, 0)
    old = replace(full, batch_id=2, kind="append", row_count=7)
    new = [replace(full, batch_id=3)]
    if batch is not None:  # two of them, as after a night that was missed
        halves = (batch // 2, batch - batch // 2)
        new = [
            replace(old, batch_id=3 + n, row_count=rows)
            for n, rows in enumerate(halves)
        ]
    a_shop.write(a_shop.published, "raw_batches", rows_of([full, old]))
    a_shop.write(a_shop.building, "raw_batches", rows_of([full, old, *new]))

    assert bool(a_shop.doubts(REJECTS)) is is_doubted
    assert a_shop.doubts({**REJECTS, "rejects_jumped": "ignore"}) == []


def test_a_shop_that_follows_the_demo_is_not_held_against_it(a_shop: Shop) -> None:
    a_shop.quality(a_shop.published, 100_000, 0)
    a_shop.quality(a_shop.building, 90_000, 10_000)
    a_shop.write(a_shop.published, "raw_loads", [a_shop.load("demo", "2024-06-30")])

    assert a_shop.doubts(REJECTS) == []


def test_only_days_that_are_over_are_judged(a_shop: Shop) -> None:
    a_shop.sold(days(lambda day: 60 if day < LAST else 4))
    variables = {**ALL, "odd_day_score": 4}

    assert a_shop.doubts(variables, LAST) == []
    found = a_shop.doubts(variables, LAST + timedelta(1))
    assert [(each.check_name, each.day) for each in found] == both(LAST)
    assert found[0].words == (
        "4, where the 8 weeks before had 60 to 60 on that weekday (score -11.4)"
    )
    # A clock decades off judges nothing, and harms nothing.
    assert a_shop.doubts(variables, date(1980, 1, 1)) == []


def test_a_check_is_warned_of_stopped_by_or_ignored(a_shop: Shop) -> None:
    a_shop.sold(days(lambda day: 60 if day < LAST else 4))
    stop = {"odd_orders": "stop", "odd_net_sales": "ignore", "odd_day_score": 4}
    reporter = Reporter()

    found = a_shop.doubts(stop)
    with pytest.raises(BuildFailedError) as stopped:
        report_doubts(found, BUILT_AT, reporter)
    assert '--vars "{odd_orders: warn}"' in str(stopped.value)
    assert stopped.value.kind == "odd orders on 2024-06-30"
    assert [str(each) in reporter.warnings[0] for each in found] == [True]

    report_doubts(a_shop.doubts({**stop, "odd_orders": "warn"}), BUILT_AT, reporter)


def test_a_doubt_is_raised_once(a_shop: Shop) -> None:
    a_shop.sold(days(lambda day: 60 if day < LAST else 4))
    stop = {"odd_orders": "stop", "odd_net_sales": "stop", "odd_day_score": 4}
    first, _ = a_shop.doubts(stop)
    since = "2024-07-01T02:00:00+00:00"
    a_shop.publish([replace(first, since=since)])

    known, new = a_shop.doubts(stop)
    assert (known.since, new.since) == (since, BUILT_AT)
    reporter = Reporter()
    with pytest.raises(BuildFailedError, match="odd net sales"):
        report_doubts([known, new], BUILT_AT, reporter)
    report_doubts([known], BUILT_AT, reporter)
    assert reporter.warnings[-1].endswith("(known since 2024-07-01)")


def test_many_doubts_are_ten_lines(a_shop: Shop) -> None:
    reporter = Reporter()
    many = [
        Doubt("country_gone", f"C{n}", "", "warn", "x", BUILT_AT) for n in range(99)
    ]
    report_doubts(many, BUILT_AT, reporter)

    assert len(reporter.warnings) == 11
    assert reporter.warnings[-1] == "... and 89 more in build_doubts"
