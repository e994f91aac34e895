"""Ten questions of a morning, each answered within two clicks from the first page.

What a page says is held against SQL over the published tables that is written here, and
shares nothing with the queries of the dashboard. The shops are the demo and Online
Retail, a real one that knows no stock.
"""

import csv
import datetime as dt
import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from browsing import PATIENCE, Browsing, watched
from playwright.sync_api import Browser, Locator
from warehouses import RealWarehouse

from benchmarks.dashboard_server import running

MOST_CLICKS = 2
_LIKE_WORDS = {"k": 1e3, "M": 1e6}
# Texts as they stand below each other.
_DOWNWARDS = """all => all
    .map(one => [one.getBoundingClientRect().y, one.textContent])
    .sort((one, other) => one[0] - other[0]).map(([, text]) => text)"""
_NUMBER = r"[\N{MINUS SIGN}+]?\$?[\d,.]+[kM]?"


@dataclass(frozen=True)
class Shop:
    """A shop, and what is known of it without looking.

    Attributes:
        name: Its folder beside the project, or demo.
        yesterday: The last whole day. On its newest one Online Retail closed early.
        as_of: The newest day.
        has_stock: Whether its products have a stock quantity.
    """

    name: str
    yesterday: dt.date
    as_of: dt.date
    has_stock: bool


SHOPS = (
    Shop("demo", dt.date(2025, 12, 31), dt.date(2025, 12, 31), has_stock=True),
    Shop("online_retail", dt.date(2011, 12, 8), dt.date(2011, 12, 9), has_stock=False),
)


@dataclass
class Visit:
    """Somebody with a question, who begins on the first page.

    Attributes:
        shop: Whose dashboard it is.
        database: Its warehouse.
        session: The browser's page.
        clicks: How many there were since the question began.
    """

    shop: Shop
    database: Path
    session: Browsing
    clicks: int = 0

    def begin(self) -> None:
        """Stand on the first page, as it opens."""
        self.clicks = 0
        if self.session.page.url != f"{self.session.url}/":
            self.session.open("Today")

    def click(self, target: Locator) -> None:
        """Click on a link, a button or, in its middle, a mark of a picture."""
        self.clicks += 1
        assert self.clicks <= MOST_CLICKS
        target.evaluate("one => one.scrollIntoView({block: 'center'})")
        target.click(force=True)

    def go(self, link: str, page: str) -> None:
        """Click on a link to another page."""
        self.click(self.session.page.get_by_role("link", name=link, exact=True).first)
        heading = self.session.page.get_by_role("heading", name=page, exact=True)
        heading.first.wait_for()
        self.session.settle()

    def download(self, button: Locator) -> list[dict[str, str]]:
        """The rows of the file that a click on a button gives."""
        with self.session.page.expect_download() as waiting:
            self.click(button)
        text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def card(self, question: str) -> Locator:
        """The card under a question."""
        page = self.session.page
        heading = page.get_by_role("heading", name=question, exact=True)
        return page.get_by_test_id("stVerticalBlock").filter(has=heading).last

    def said(self, where: Locator | str) -> str:
        """The words of a card, by itself or by its question, in one line."""
        card = self.card(where) if isinstance(where, str) else where
        return " ".join(card.inner_text().replace("\N{WORD JOINER}", "").split())

    def rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        """The rows of a query of the published tables."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql, values).fetchall()

    def net_sales(self, first: dt.date, last: dt.date) -> float:
        """What the lines of some days add up to."""
        ((total,),) = self.rows(
            "select coalesce(sum(line_item_total), 0) from FactSales"
            " join DimTime using (time_key) where date between :first and :last",
            first=str(first),
            last=str(last),
        )
        return float(total)


@pytest.fixture(scope="module", params=SHOPS, ids=lambda shop: shop.name)
def visit(
    request: pytest.FixtureRequest,
    browser: Browser,
    demo_warehouse: Path,
    real_warehouse: RealWarehouse,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Visit]:
    """A wide screen before the first page of a shop."""
    shop: Shop = request.param
    is_demo = shop.name == "demo"
    database = demo_warehouse if is_demo else real_warehouse(shop.name)
    log = tmp_path_factory.mktemp("server") / "log.txt"
    settings = {"DWH_DATABASE": str(database)}
    with running(settings, log, patience=PATIENCE / 1000) as url:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        session = watched(page, url)
        yield Visit(shop, database, session)
        page.close()
        assert not session.problems
        assert "Traceback" not in log.read_text()


def number(text: str) -> float:
    """A figure as the pages write it: $1,234.50, 1.25k, -3.2."""
    text = text.replace("\N{MINUS SIGN}", "-").replace("$", "").replace(",", "")
    letter = text[-1]
    if letter in _LIKE_WORDS:
        return float(text[:-1]) * _LIKE_WORDS[letter]
    return float(text)


def is_short_for(text: str, value: float) -> bool:
    """Whether a figure on the page is the value, as far as its digits go."""
    text = text.replace("$", "")
    scale = _LIKE_WORDS.get(text[-1], 1.0)
    decimals = len(text.rstrip("kM").partition(".")[2])
    return abs(number(text) - value) <= (0.5 * 10.0**-decimals + 1e-9) * scale


def dollars(value: float) -> str:
    """An amount to the cent."""
    return f"${value:,.2f}"


def day(value: dt.date) -> str:
    """9 Dec 2011."""
    return f"{value.day} {value:%b %Y}"


def days(first: dt.date, last: dt.date) -> str:
    """1 - 9 Dec 2011, with the dash that stands there."""
    if first == last:
        return day(last)
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%b}{year} \N{EN DASH} {day(last)}"


def moved(now: float, before: float) -> str:
    """A change in percent, as people read it."""
    return f"{(now - before) / before * 100:+,.1f}%".replace("-", "\N{MINUS SIGN}")


def test_how_was_yesterday_against_the_same_weekday(visit: Visit) -> None:
    yesterday, week = visit.shop.yesterday, dt.timedelta(weeks=1)
    now = visit.net_sales(yesterday, yesterday)
    before = [
        visit.net_sales(yesterday - weeks * week, yesterday - weeks * week)
        for weeks in range(1, 9)
    ]
    visit.begin()
    verdict = visit.said(visit.session.page.locator(".st-key-verdict"))
    assert f"{yesterday:%A}, {day(yesterday)} brought {dollars(now)}, " in verdict
    better = sum(now > other for other in before)
    place = {
        8: "more than on any of the 8",
        0: "less than on any of the 8",
    }.get(better, f"better than {better} of the 8")
    assert f"{place} {yesterday:%A}s before" in verdict
    page = visit.session.page
    name = page.get_by_test_id("stMetricLabel").filter(has_text=f"{yesterday:%A}")
    card = visit.said(page.get_by_test_id("stVerticalBlock").filter(has=name).last)
    assert (
        f"{moved(now, before[0])} on {day(yesterday - week)}: {dollars(before[0])}"
        in card
    )


def test_what_runs_out(visit: Visit) -> None:
    visit.begin()
    said = visit.said("What is sold out or running out?")
    if not visit.shop.has_stock:
        assert visit.rows("select count(stock_quantity) from DimProduct") == [(0,)]
        assert "The products have no stock quantity in the source data." in said
        return
    short_of = visit.rows(
        "select product_name, stock_status, days_left from rpt_reorder"
        " where stock_status in ('sold out', 'order now') and units > 0"
        " order by urgency_rank"
    )
    out = sum(status == "sold out" for _, status, _ in short_of)
    assert 0 < out < len(short_of)
    assert f"{out} sold out, {len(short_of) - out} running out" in said
    place = 0
    for name, status, days_left in short_of[:5]:
        lasts = "sold out" if status == "sold out" else f"{days_left} days left"
        place = said.index(f"{name} {lasts}", place)


def test_whom_to_write_to_is_a_file(visit: Visit) -> None:
    expected = visit.rows(
        "select customer_key from rpt_due_buyers where due_status = 'due'"
        " order by expected_value desc, customer_key"
    )
    visit.begin()
    visit.go("All who are due, and a file of them", "Due")
    assert f"{len(expected):,} buyers" in visit.said("Who is due?")
    rows = visit.download(visit.session.page.get_by_role("button", name="Download CSV"))
    assert [row["customer_key"] for row in rows] == [str(key) for (key,) in expected]
    assert not {"name", "email", "address"} & rows[0].keys()


def test_how_many_come_back_and_whether_that_grows(visit: Visit) -> None:
    months = visit.rows(
        """
        with numbered as (
            select customer_key, date, customer_order_number as number
            from FactOrders join DimTime using (time_key) where customer_key <> -1
        )
        select count(*), sum(coalesce(
            julianday(second.date) - julianday(first.date) <= 90, 0))
        from numbered as first
        left join numbered as second
            on second.customer_key = first.customer_key and second.number = 2
        where first.number = 1
        group by substr(first.date, 1, 7)
        having date(max(first.date), 'start of month', '+1 month', '-1 day', '+90 days')
            <= :as_of
        order by max(first.date) desc limit 6
        """,
        as_of=str(visit.shop.as_of),
    )
    now, before = (
        sum(again for _, again in part) / sum(size for size, _ in part)
        for part in (months[:3], months[3:])
    )
    visit.begin()
    said = visit.said("Do they come back?")
    assert "Repeat rate within 90 days" in said
    assert f" {now:.1%} " in f" {said} "
    assert f" {(now - before) * 100:+.1f} pts" in said


def test_what_baskets_lose_without_a_product(visit: Visit) -> None:
    visit.begin()
    visit.go("Products", "Products")
    head = visit.said(visit.session.page.locator(".st-key-head"))
    found = re.search(r"(\d+ \w{3}) (\d{4} )?\N{EN DASH} (\d+ \w{3} \d{4})", head)
    assert found is not None, head
    last = dt.datetime.strptime(found[3], "%d %b %Y").date()
    year = (found[2] or str(last.year)).strip()
    first = dt.datetime.strptime(f"{found[1]} {year}", "%d %b %Y").date()
    values = {"first": str(first), "last": str(last)}
    (third,) = visit.rows(
        "select product_key, product_name from FactSales"
        " join DimTime using (time_key) join DimProduct using (product_key)"
        " where date between :first and :last and not is_service"
        " group by product_key order by sum(line_item_total) desc limit 1 offset 2",
        **values,
    )
    bars = visit.session.page.locator(
        '[class*="st-key-best_products_to_click_"] .bars .point path'
    )
    visit.click(bars.nth(2))
    visit.session.until(
        lambda: visit.session.query().get("product") == [str(third[0])], "its choice"
    )
    ((baskets, own, whole),) = visit.rows(
        """
        with baskets as (
            select distinct order_id from FactSales join DimTime using (time_key)
            where product_key = :product and line_type = 'sale'
                and date between :first and :last
        )
        select count(distinct order_id),
            sum(case when product_key = :product then line_item_total end),
            sum(line_item_total)
        from FactSales where order_id in (select order_id from baskets)
        """,
        product=third[0],
        **values,
    )
    said = visit.said(visit.session.page.locator(".st-key-one_product_card"))
    assert (
        f"Without it: {dollars(own)} lost at least, {dollars(whole)} at most, in "
        f"{baskets:,} baskets"
    ) in said


def test_how_many_are_new_against_last_month_at_the_same_day(visit: Visit) -> None:
    last = visit.shop.yesterday
    end_before = last.replace(day=1) - dt.timedelta(days=1)
    same_day = end_before.replace(day=min(last.day, end_before.day))

    def new_until(end: dt.date) -> int:
        ((count,),) = visit.rows(
            "select count(*) from FactOrders join DimTime using (time_key)"
            " where customer_order_number = 1 and customer_key <> -1"
            " and date between :first and :last",
            first=str(end.replace(day=1)),
            last=str(end),
        )
        return int(count)

    now, before = new_until(last), new_until(same_day)
    visit.begin()
    said = visit.said("Do new buyers come?")
    figure = re.search(rf"({_NUMBER}) {re.escape(moved(now, before))}", said)
    assert figure is not None, said
    assert is_short_for(figure[1], now)
    assert f"New buyers, {days(last.replace(day=1), last)}" in said
    assert f"{days(same_day.replace(day=1), same_day)}: {before:,} new buyers" in said


def test_what_the_next_three_months_bring(visit: Visit) -> None:
    ((first, last, expected, lower, upper),) = visit.rows(
        "select first_day, last_day, expected_net_sales, lower_80, upper_80"
        " from rpt_sales_forecast where is_all_categories and period = 'all weeks'"
    )
    start = visit.shop.as_of + dt.timedelta(days=1)
    assert first == str(start)
    assert last == str(start + dt.timedelta(days=90))
    visit.begin()
    visit.go("Overview", "Overview")
    said = visit.said("What do the next 13 weeks bring?")
    found = re.search(
        rf"({_NUMBER}) expected, ({_NUMBER}) to ({_NUMBER}) in 80 of 100 cases", said
    )
    assert found is not None, said
    assert days(start, start + dt.timedelta(days=90)) in said
    for text, value in zip(found.groups(), (expected, lower, upper), strict=True):
        assert is_short_for(text, value), (text, value)


def test_what_to_reorder_and_how_much_of_it(visit: Visit) -> None:
    visit.begin()
    if not visit.shop.has_stock:
        visit.go("Products", "Products")
        said = visit.said("What has to be ordered?")
        assert "The products have no stock quantity in the source data." in said
        assert visit.rows("select count(*) from rpt_reorder") == [(0,)]
        return
    visit.go("All to order", "Products")
    rows = visit.download(visit.session.page.locator(".st-key-reorder_CSV button"))
    expected = visit.rows(
        "select product_id, reorder_quantity from rpt_reorder"
        " where reorder_quantity > 0 order by urgency_rank"
    )
    found = [(row["product_id"], float(row["reorder_quantity"])) for row in rows]
    assert found == expected
    assert found


def test_what_explains_the_fall(visit: Visit) -> None:
    last, week = visit.shop.yesterday, dt.timedelta(weeks=1)
    month = last.replace(day=1)
    windows = {
        "7 days": (last - dt.timedelta(days=6), week),
        "Month to date": (month, (5 if last.day > 28 else 4) * week),
        "Day": (last, week),
    }

    def change(first: dt.date, back: dt.timedelta) -> float:
        now = visit.net_sales(first, last)
        return now - visit.net_sales(first - back, last - back)

    fell = next(name for name, window in windows.items() if change(*window) < 0)
    first, back = windows[fell]
    whole = change(first, back)
    visit.begin()
    card = visit.card("What moved net sales?")
    if fell != "7 days":
        visit.click(card.get_by_role("radio", name=fell, exact=True))
        visit.session.until(
            lambda: visit.session.query().get("moved_over") == [fell], fell
        )
    said = visit.said("What moved net sales?")
    assert (
        f"{days(first, last)} against {days(first - back, last - back)}: "
        f"\N{MINUS SIGN}{dollars(-whole)}"
    ) in said
    for what, group, name in (
        ("Countries", "country", "coalesce(country, '(unknown)')"),
        (
            "Products",
            "case when is_service then 0 else product_key end",
            "case when is_service then 'Services'"
            " else coalesce(product_name, product_id) end",
        ),
    ):
        most = visit.rows(
            f"""
            select {name}, sum(case when date >= :first then line_item_total
                else -line_item_total end) as moved
            from FactSales join DimTime using (time_key)
            join DimCustomer using (customer_key) join DimProduct using (product_key)
            where date between :first and :last or date between :before and :until
            group by {group} having round(moved, 4) <> 0
            order by abs(round(moved, 4)) desc
            """,
            first=str(first),
            last=str(last),
            before=str(first - back),
            until=str(last - back),
        )
        chart = card.locator(f'[class*="st-key-moved_{what}"]').first
        names = chart.locator(".ytick text").evaluate_all(_DOWNWARDS)
        amounts = chart.locator(".bartext").evaluate_all(_DOWNWARDS)
        assert len(names) == len(amounts) == 6
        for text, amount, (expected, value) in zip(names, amounts, most, strict=False):
            if not text.startswith("All others"):
                assert expected.startswith(text.strip("\N{ZERO WIDTH SPACE}…"))
                assert is_short_for(amount, value), (amount, value)
        rest = sum(value for _, value in most[5:])
        assert names[-1] == f"All others ({len(most) - 5:,})"
        assert is_short_for(amounts[-1], rest)
        # The picture adds up to the fall.
        assert sum(value for _, value in most) == pytest.approx(whole, abs=0.01)


def test_whether_the_data_are_fresh_and_complete(visit: Visit) -> None:
    ((newest,),) = visit.rows("select max(ordered_at) from FactOrders")
    ((tests, passed),) = visit.rows(
        "select count(*), sum(status = 'pass') from build_tests"
    )
    ((built,),) = visit.rows("select max(built_at) from build_info")
    ((came, lost),) = visit.rows(
        "select sum(row_count), sum(case when outcome = 'rejected'"
        " and reason <> 'duplicate key' then row_count else 0 end)"
        " from rpt_data_quality where outcome in ('accepted', 'rejected')"
    )
    visit.begin()
    said = visit.said("Are the data fresh and complete?")
    assert f"Orders until {day(visit.shop.as_of)} {newest[11:16]}, built " in said
    assert f"built {day(dt.datetime.fromisoformat(built))} {built[11:16]} UTC" in said
    assert (
        f"all {tests:,} tests passed" in said
        or f"{passed:,} of {tests:,} tests" in said
    )
    visit.go("All about the data", "Data health")
    said = visit.said(visit.session.page.get_by_test_id("stMain"))
    if lost:
        assert f"{came - lost:,} of {came:,} rows are in" in said
    else:
        assert f"All {came:,} rows are in." in said
