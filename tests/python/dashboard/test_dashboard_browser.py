"""The dashboard as people meet it: in a browser, on a wide screen and on a phone.

Needs chromium and axe-core (scripts/install_chromium.sh). Without them these tests are
skipped, except in CI, where they must run.
"""

import csv
import io
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pandas as pd
import pytest
from browsing import AXE, PATIENCE, Browsing, watched
from dashboard_support import PAGES, ROOT, change
from playwright.sync_api import Browser, Locator

from benchmarks.dashboard_server import running

# What is too small for a finger (44 px, half a pixel of rounding aside).
_SMALL = """() => {
    const touched = 'a, button, select, summary, [role="button"], [role="radio"], '
        + '[role="combobox"], [data-baseweb="select"]';
    return [...document.querySelectorAll(touched)].flatMap(one => {
        // A choice is touched with its label; a button in one, such as help, is not.
        const target = one.matches('button') ? one : one.closest('label') || one;
        const box = target.getBoundingClientRect();
        // The list of pages waits beside the screen until it is asked for.
        const isSeen = box.width > 1 && box.height > 1
            && box.right > 0 && box.left < innerWidth
            && target.checkVisibility({opacityProperty: true,
                visibilityProperty: true});
        // A field within a larger target is touched with it.
        const around = target.parentElement.closest(touched);
        const size = [box.width, box.height];
        if (!isSeen || around || Math.min(...size) >= 43.5) return [];
        const said = one.getAttribute('aria-label') || target.textContent;
        const name = (said || one.outerHTML).slice(0, 80);
        return [`${name}: ${size.map(Math.round).join(' x ')}`];
    });
}"""
# Words of pictures that run into each other, or out of their picture.
_COLLIDING = """() => [...document.querySelectorAll('[data-testid="stPlotlyChart"]')]
.flatMap(chart => {
    const frame = chart.getBoundingClientRect();
    const words = [...chart.querySelectorAll('.main-svg text')]
        .filter(one => one.textContent.trim() && one.checkVisibility())
        .filter(one => !/rotate\\((?!0)/.test(one.getAttribute('transform') || ''))
        .map(one => [one.textContent, one.getBoundingClientRect()])
        .filter(([, box]) => box.width > 0);
    const out = words.filter(([, box]) => box.left < frame.left - 2
        || box.right > frame.right + 2 || box.top < frame.top - 2
        || box.bottom > frame.bottom + 2).map(([text]) => `cut off: ${text}`);
    const on = words.flatMap(([text, a], index) => words.slice(index + 1)
        .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 7)
        .map(([other]) => `${text} on ${other}`));
    return [...out, ...on];
})"""


@pytest.fixture(scope="module")
def published(demo_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the server reads."""
    path = tmp_path_factory.mktemp("published") / "shop.db"
    shutil.copy(demo_warehouse, path)
    return path


@pytest.fixture(scope="module")
def server(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running dashboard."""
    log = tmp_path_factory.mktemp("server") / "log.txt"
    settings = {"DWH_DATABASE": str(published)}
    with running(settings, log, patience=PATIENCE / 1000) as url:
        yield url
        assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def wide(browser: Browser, server: str) -> Browsing:
    """A wide screen in the light theme."""
    page = browser.new_page(
        viewport={"width": 1440, "height": 900}, color_scheme="light"
    )
    return watched(page, server)


@pytest.fixture(scope="module")
def narrow(browser: Browser, server: str) -> Browsing:
    """A phone in the dark theme."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    return watched(page, server)


@pytest.fixture(autouse=True)
def _nothing_went_wrong(request: pytest.FixtureRequest) -> Iterator[None]:
    """No console error, no failed answer, no request that leaves the machine."""
    yield
    for name in ("wide", "narrow"):
        if name in request.fixturenames:
            session: Browsing = request.getfixturevalue(name)
            problems, session.problems = session.problems, []
            assert not problems


def check_page(session: Browsing, name: str) -> None:
    """Drawn, without an error, no wider than the screen, readable to all."""
    page = session.page
    session.open(name)
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stAlertContentError").count() == 0
    width = page.viewport_size["width"] if page.viewport_size else 0
    main = page.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth") <= width
    cut = page.get_by_test_id("stMetricValue").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1)"
        ".map(e => e.textContent)"
    )
    assert not cut, f"key figures cut off: {cut}"
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations']}))"
        ".violations.map(v => [v.id, v.nodes[0].html.slice(0, 200)])"
    )
    assert not found
    assert page.evaluate(_COLLIDING) == []
    if width < 640:
        assert page.evaluate(_SMALL) == []
    place = page.evaluate(_PLACES)
    assert place["figure"] <= (120 if width > 1000 else 200), place
    if width > 1000 and place["charts"]:
        assert min(place["charts"]) <= 900, place
    if place["bar"]:
        assert place["bar"] == place["content"], "the bar of filters is as wide"


# Where the first figure begins (of Today the verdict, of Explore how many rows there
# are), where the charts end, and how wide the bar of filters and all below it are.
_PLACES = """() => {
    const box = all => document.querySelector(all)?.getBoundingClientRect();
    const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
    return {
        figure: box('.st-key-verdict, .st-key-found, [data-testid="stMetricValue"]').y,
        charts: charts.map(one => one.getBoundingClientRect().bottom),
        bar: box(".st-key-bar")?.width,
        content: box(".st-key-frame").width,
    };
}"""


@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_on_a_wide_screen(wide: Browsing, name: str) -> None:
    check_page(wide, name)


@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_on_a_phone_in_the_dark(narrow: Browsing, name: str) -> None:
    check_page(narrow, name)


@pytest.mark.parametrize("name", list(PAGES))
def test_a_keyboard_reaches_the_table_behind_a_picture(
    wide: Browsing, name: str
) -> None:
    wide.open(name)
    page = wide.page
    pictures = page.get_by_test_id("stPlotlyChart").count()
    folds = page.locator("summary").filter(has_text=re.compile("^As a table"))
    assert folds.count() == pictures
    if not pictures:
        return
    fold = folds.first
    # By tabbing alone, whatever comes before it.
    page.locator("body").press("Home")
    for _ in range(80):
        page.keyboard.press("Tab")
        if fold.evaluate("one => one === document.activeElement"):
            break
    assert fold.evaluate("one => one === document.activeElement")
    ring = "one => getComputedStyle(one).boxShadow + getComputedStyle(one).outlineStyle"
    assert fold.evaluate(ring) != "nonenone"
    tables = page.get_by_test_id("stDataFrame").count()
    page.keyboard.press("Enter")
    wide.until(
        lambda: page.get_by_test_id("stDataFrame").count() == tables + 1, "its table"
    )


def test_a_finger_reaches_the_list_of_pages(narrow: Browsing) -> None:
    narrow.open("Today")
    narrow.page.get_by_test_id("stExpandSidebarButton").click()
    narrow.page.get_by_role("link", name="Explore").wait_for()
    narrow.settle()
    assert narrow.page.evaluate(_SMALL) == []
    narrow.page.get_by_role("link", name="Explore").click()
    narrow.page.get_by_role("heading", name="Explore", level=1).wait_for()
    narrow.settle()


def choose(session: Browsing, label: str, option: str, key: str) -> None:
    """Choose an option of a list above the page."""
    session.page.get_by_label(label, exact=True).first.click()
    listed = session.page.get_by_role("option", name=option, exact=True)
    listed.click()
    session.until(
        lambda: session.query().get(key) == [option],
        f"{key} = {option}",
        # Lost, at times, when it meets a list that is still unfolding.
        again=lambda: listed.count() and listed.click(timeout=5_000),
    )
    # A list of which several can be chosen stays open, above the fields below it.
    if session.page.get_by_role("listbox").count():
        session.page.keyboard.press("Escape")
        session.page.get_by_role("listbox").wait_for(state="detached")


def test_every_filter_moves_the_figures_and_stands_in_the_address(
    wide: Browsing,
) -> None:
    wide.open("Overview")
    assert wide.query() == {}
    for label, option, key in (
        ("Period", "90 days", "period"),
        ("Country", "Germany", "country"),
        ("Category", "Kitchen", "category"),
    ):
        before = wide.figure("Net sales")
        choose(wide, label, option, key)
        wide.until(lambda: wide.figure("Net sales") != before, f"{key} moves sales")  # noqa: B023
    choose(wide, "Compare with", "Nothing", "compare")
    deltas = wide.page.get_by_test_id("stMetricDelta")
    wide.until(lambda: deltas.count() == 0, "no comparison")
    for label, option, key in (("Show", "Orders", "show"), ("Per", "Day", "per")):
        group = wide.page.get_by_role("radiogroup", name=label)
        group.get_by_role("radio", name=option, exact=True).click()
        wide.until(lambda: wide.query().get(key) == [option], key)  # noqa: B023
    # The address is the view: a fresh page shows the same.
    address, figure = wide.page.url, wide.figure("Net sales")
    wide.page.goto("about:blank")
    wide.page.goto(address)
    wide.page.get_by_test_id("stMetric").first.wait_for()
    wide.until(lambda: wide.figure("Net sales") == figure, "the same view")
    assert wide.page.url == address


@pytest.mark.parametrize(
    ("page", "label", "key"),
    [
        ("Countries", "Show", "country_show"),
        ("Retention", "Cohort by", "cohort"),
        ("Retention", "Show", "cohort_show"),
        ("Baskets", "Rank by", "rank"),
        ("Products", "By", "by"),
    ],
)
def test_every_row_of_buttons_stands_in_the_address(
    wide: Browsing, page: str, label: str, key: str
) -> None:
    wide.open(page)
    group = wide.page.get_by_role("radiogroup", name=label, exact=True).first
    for index in range(1, group.get_by_role("radio").count()):
        button = group.get_by_role("radio").nth(index)
        name = button.inner_text()
        button.click()
        wide.until(lambda: wide.query().get(key) == [name], f"{key} = {name}")  # noqa: B023
        assert wide.page.get_by_test_id("stAlertContentError").count() == 0


def test_a_choice_goes_along_to_another_page(wide: Browsing) -> None:
    wide.open("Overview", "?country=France&period=All+time")
    figure = wide.figure("Net sales")
    wide.page.get_by_role("link", name="Products").first.click()
    wide.page.get_by_role("heading", name="Products", level=1).wait_for()
    wide.until(lambda: wide.figure("Net sales") == figure, "the same sales")
    # After a very quick click, Streamlit writes the address with the next choice only.
    wide.page.get_by_role("radio", name="Units", exact=True).first.click()
    wide.until(lambda: wide.query().get("country") == ["France"], "the same country")


def test_the_top_products_follow_the_slider_and_a_click_picks_one(
    wide: Browsing,
) -> None:
    wide.open("Products")
    bars = wide.page.locator(
        '[class*="st-key-best_products_to_click_0"] .bars .point path'
    )
    wide.until(lambda: bars.count() == 10, "10 bars")
    slider = wide.page.get_by_role("slider", name="Top products")
    slider.focus()
    slider.press("ArrowRight")
    wide.until(lambda: bars.count() == 15, "15 bars")
    assert wide.query()["top"] == ["15"]
    line = wide.page.locator(".st-key-one_product .scatterlayer path.js-line").first
    before = line.get_attribute("d")
    wide.click(bars.nth(4))
    wide.until(lambda: "product" in wide.query(), "a product in the address")
    wide.until(lambda: line.get_attribute("d") != before, "another line")


def test_what_to_reorder_is_said_and_leads_to_the_products_page(
    wide: Browsing, published: Path
) -> None:
    with sqlite3.connect(published) as connection:
        wanted = connection.execute(
            "select product_key, product_id, reorder_quantity from rpt_reorder"
            " where urgency_rank is not null order by urgency_rank"
        ).fetchall()
        orders = dict(
            connection.execute("select product_key, orders from rpt_product_sales")
        )
    connection.close()
    wide.open("Products", "?period=All+time")
    with wide.page.expect_download() as waiting:
        wide.page.locator(".st-key-reorder_CSV button").click()
    text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["product_id"], float(row["reorder_quantity"])) for row in rows] == [
        (product_id, quantity) for _, product_id, quantity in wanted
    ]

    # the first row's name, below the headings
    table = wide.page.locator(".st-key-reorder [data-testid=stDataFrame]")
    heading = wide.page.get_by_role("heading", name="Product", exact=True, level=1)

    def click_its_name() -> None:
        table.click(position={"x": 60, "y": 52})

    click_its_name()
    wide.until(lambda: heading.count() == 1, "the product's page", click_its_name)
    most_urgent = wanted[0][0]
    wide.until(lambda: wide.query().get("product") == [str(most_urgent)], "its key")
    wide.until(
        lambda: wide.figure("Orders") == f"{orders[most_urgent]:,}", "its orders"
    )


def test_a_product_on_the_first_page_leads_to_its_own(wide: Browsing) -> None:
    wide.open("Today")
    link = wide.page.locator('a[href*="product?product="]').first
    name = link.inner_text()
    link.click()
    wide.page.get_by_role("heading", name="Product", exact=True, level=1).wait_for()
    wide.page.get_by_text(name).first.wait_for()
    wide.page.go_back()
    wide.page.get_by_role("heading", name="Today", exact=True, level=1).wait_for()


@pytest.mark.parametrize(
    ("page", "key", "mark", "filter_", "opened"),
    [
        ("Today", "moved_Countries", ".bars .point path", "moved_country", None),
        ("Today", "moved_Categories", ".bars .point path", "moved_category", None),
        ("Lifetime value", "origins", ".bars .point path", "country", None),
        ("Baskets", "pairs_chart", ".bars .point path", "product", "companions_card"),
        ("Overview", "by_country", ".bars .point path", "country", None),
        ("Overview", "by_category", ".bars .point path", "category", None),
        ("Countries", "country_bars", ".bars .point path", "country", None),
        (
            "Products",
            "best_products",
            ".bars .point path",
            "product",
            "one_product_card",
        ),
        ("Segments", "segment_map", ".scatterlayer .points path", "segment", "members"),
        ("Segments", "score_grid", ".scatterlayer .points path", "segment", "members"),
        ("Segments", "moves", ".bars .point:nth-child(1) path", "segment", "members"),
    ],
)
def test_a_click_on_a_mark_chooses_it_and_again_no_longer(
    wide: Browsing, page: str, key: str, mark: str, filter_: str, opened: str | None
) -> None:
    wide.open(page)
    marks = wide.page.locator(f'[class*="st-key-{key}"] {mark}')
    for is_chosen in (True, False):
        # One that filters the page is left alone by the first click.
        wide.click(marks.nth(min(3, marks.count() - 1)))
        wide.until(
            lambda: bool(wide.query().get(filter_)) == is_chosen,  # noqa: B023
            f"{filter_} is {'' if is_chosen else 'not '}chosen",
        )
        if opened:
            card = wide.page.locator(f".st-key-{opened}")
            wide.until(lambda: _in_sight(card), "what it opens is in sight")  # noqa: B023
        else:
            wide.until(lambda: (marks.count() == 1) == is_chosen, "one mark alone")  # noqa: B023


def test_a_click_on_a_cell_shows_its_cohort_alone_and_again_those_before(
    wide: Browsing,
) -> None:
    wide.open("Retention")
    marks = wide.page.locator('[class*="st-key-cohort_map"] .points path')
    heads = wide.page.locator('[class*="st-key-cohort_map"] .yaxislayer-above text')
    before = heads.all_text_contents()
    # the second row of cells, below the average
    oldest = min(before)
    wide.click(marks.nth(marks.count() // len(before) + 1))
    wide.until(lambda: len(heads.all_text_contents()) == 1, "one cohort alone")
    assert wide.query()["first_order_cohorts"] == [oldest.split()[0]] * 2
    assert heads.all_text_contents() == [oldest]
    wide.click(marks.nth(0))
    wide.until(lambda: heads.all_text_contents() == before, "all cohorts again")
    assert wide.query() == {}


def _in_sight(card: Locator) -> bool:
    """Whether the beginning of a card is on the screen."""
    box = card.bounding_box()
    return box is not None and 0 <= box["y"] <= 800


def test_a_click_on_a_row_chooses_it(wide: Browsing) -> None:
    wide.open("Countries")
    table = wide.page.locator(
        '[class*="st-key-country_table"] [data-testid=stDataFrame]'
    )
    table.scroll_into_view_if_needed()
    # Below the headings, the first row.
    table.click(position={"x": 60, "y": 52})
    wide.until(lambda: len(wide.query().get("country", [])) == 1, "one country")


def test_no_text_from_data_or_address_becomes_a_link(
    demo_warehouse: Path, browser: Browser, tmp_path: Path
) -> None:
    shop = tmp_path / "shop.db"
    shutil.copy(demo_warehouse, shop)
    # What Markdown, Streamlit and Plotly each make a link or a picture of.
    name = (
        "https://evil.example/a www.evil.example ann@evil.example :material/link: "
        "[x](https://evil.example) <a href='https://evil.example'>y</a> "
        "![z](https://evil.example/p.png) ftp://evil.example"
    )
    quoted = name.replace("'", "''")
    change(
        shop,
        f"update DimProduct set product_name = '{quoted}' || product_key, "
        f"category = '{quoted}' where product_key > 0",
        f"update FactOrderCategories set category = '{quoted}'",
        f"update rpt_sales_daily set category = '{quoted}' where not is_all_categories",
        f"update rpt_sales_daily set country = '{quoted}' where country = 'Germany'",
        f"update DimCustomer set country = '{quoted}' where country = 'Germany'",
        "update build_info set currency = 'www.evil.example'",
    )
    with running({"DWH_DATABASE": str(shop)}, patience=PATIENCE / 1000) as url:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        odd = watched(page, url)
        sentence = quote(name)
        for opened, query in (
            ("Overview", f"?country={sentence}"),
            ("Products", ""),
            ("Countries", ""),
            ("Data health", ""),
            (
                "Explore",
                "?table=DimProduct&column0_DimProduct=price"
                f"&operator0_DimProduct_number=is&value0_DimProduct={sentence[:190]}",
            ),
        ):
            odd.open(opened, query)
            links = page.eval_on_selector_all(
                "a, image, img",
                "all => all.map(one => one.href?.baseVal ?? one.href ?? one.src)",
            )
            outside = [
                link
                for link in links
                if link and urlsplit(str(link)).hostname not in ("127.0.0.1", None)
            ]
            assert outside == [], opened
            assert not [link for link in links if str(link).startswith("mailto:")]
            assert "evil.example" in page.content()
        odd.open("Products")
        bar = page.locator("[data-testid=stPlotlyChart] .bars path").first
        bar.scroll_into_view_if_needed()
        box = bar.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.locator(".hoverlayer text").first.wait_for()
        assert page.locator(".hoverlayer a").count() == 0
        assert not [text for text in odd.problems if "outside" in text]
        page.close()


@pytest.mark.parametrize("kind", ["CSV", "Parquet"])
def test_a_downloaded_file_holds_the_rows(
    wide: Browsing, published: Path, kind: str
) -> None:
    wide.open("Explore", "?table=DimProduct")
    with wide.page.expect_download() as waiting:
        wide.page.get_by_role("button", name=f"Download {kind}").click()
    path = Path(waiting.value.path())
    found: dict[str, object]
    if kind == "CSV":
        text = path.read_bytes().decode("utf-8-sig")
        lines = list(csv.DictReader(io.StringIO(text, newline="")))
        found = {row["product_id"]: row["price"] for row in lines}
    else:
        frame = pd.read_parquet(path)
        found = dict(zip(frame["product_id"], frame["price"], strict=True))
    with sqlite3.connect(published) as connection:
        expected = dict(connection.execute("select product_id, price from DimProduct"))
    assert found.keys() == expected.keys()
    for product_id, price in expected.items():
        given = found[product_id]
        missing_there = given is None or given == "" or given != given
        assert (None if missing_there else float(str(given))) == price


def test_whom_to_write_to_is_a_file_two_clicks_from_today(
    wide: Browsing, published: Path
) -> None:
    wide.open("Today")
    wide.page.get_by_role("link", name="All who are due, and a file of them").click()
    wide.page.get_by_role("heading", name="Who is due?").wait_for()
    with wide.page.expect_download() as waiting:
        wide.page.get_by_role("button", name="Download CSV").click()
    text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    found = [row["customer_key"] for row in csv.DictReader(io.StringIO(text))]
    with sqlite3.connect(published) as connection:
        expected = connection.execute(
            "select customer_key from rpt_due_buyers where due_status = 'due'"
            " order by expected_value desc, customer_key"
        ).fetchall()
    assert found == [str(key) for (key,) in expected]
    assert "name" not in text.partition("\r\n")[0].split(",")


def test_a_slider_moves_what_it_is_for(wide: Browsing) -> None:
    for page, label, key in (
        ("Retention", "Cohorts", "first_order_cohorts"),
        ("Baskets", "Pairs shown", "pairs"),
    ):
        wide.open(page)
        slider = wide.page.get_by_role("slider", name=label).first
        slider.focus()
        slider.press("ArrowRight")
        wide.until(lambda: key in wide.query(), f"{key} in the address")  # noqa: B023
        address, value = wide.page.url, slider.get_attribute("aria-valuenow")
        wide.page.goto("about:blank")
        wide.page.goto(address)
        slider.wait_for()
        wide.until(
            lambda: slider.get_attribute("aria-valuenow") == value,  # noqa: B023
            "the same place",
        )


def test_back_returns_to_the_view_before_with_its_filters(wide: Browsing) -> None:
    wide.open("Overview")
    views = [(wide.query(), wide.figure("Net sales"))]
    for label, option, key in (
        ("Period", "90 days", "period"),
        ("Country", "Germany", "country"),
    ):
        choose(wide, label, option, key)
        wide.until(lambda: wide.figure("Net sales") != views[-1][1], f"{key} moves")
        views.append((wide.query(), wide.figure("Net sales")))
    wide.page.get_by_role("link", name="Products").first.click()
    wide.page.get_by_role("heading", name="Products", level=1).wait_for()
    wide.until(lambda: wide.query() == views[-1][0], "the filters went along")

    def is_shown(view: tuple[dict[str, list[str]], str]) -> bool:
        return wide.query() == view[0] and wide.figure("Net sales") == view[1]

    wide.page.go_back()
    wide.page.get_by_role("heading", name="Overview", level=1).wait_for()
    wide.until(lambda: is_shown(views[2]), "the page before")
    wide.page.go_back()
    wide.until(lambda: is_shown(views[1]), "the view before the country")
    wide.page.go_back()
    wide.until(lambda: is_shown(views[0]), "the view that opened")
    wide.page.go_forward()
    wide.until(lambda: is_shown(views[1]), "the next view again")


def test_an_address_saved_before_there_was_today_stays_what_it_was(
    wide: Browsing, browser: Browser
) -> None:
    wide.open("Overview", "?period=90+days&country=France&country=Germany")
    figure = wide.figure("Net sales")
    for query in (
        "period=90+days&country=France&country=Germany",
        "period=Custom&from=2025-01-01&to=2025-03-31",
    ):
        page = browser.new_page()
        saved = watched(page, wide.url)
        page.goto(f"{wide.url}/?{query}")
        page.get_by_role("heading", name="Overview", exact=True, level=1).wait_for()
        saved.settle()
        assert saved.query() == parse_qs(query)
        if "90" in query:
            assert saved.figure("Net sales") == figure
        else:
            page.get_by_text("1 Jan \N{EN DASH} 31 Mar 2025").first.wait_for()
        assert not saved.problems
        page.close()


def test_a_key_chooses_the_days(wide: Browsing) -> None:
    wide.open("Overview")
    for pressed, name in (("1", "1 day"), ("7", "7 days"), ("3", "30 days")):
        button = wide.page.get_by_role("button", name=name)
        assert pressed in button.inner_text().replace(name, "")
        wide.page.keyboard.press(pressed)
        wide.until(lambda: wide.query().get("period") == [name], name)  # noqa: B023
    # In a field a digit is a digit.
    wide.page.get_by_label("Country", exact=True).first.click()
    wide.page.keyboard.press("1")
    wide.page.keyboard.press("Escape")
    wide.page.wait_for_timeout(500)
    wide.settle()
    assert wide.query()["period"] == ["30 days"]


def test_days_of_ones_own_stand_in_the_address(wide: Browsing) -> None:
    wide.open("Overview", "?period=Custom&from=2025-01-01&to=2025-03-31")
    wide.page.get_by_text("1 Jan \N{EN DASH} 31 Mar 2025").first.wait_for()
    before = wide.figure("Net sales")
    # The parts of a date are fields of their own; a closed calendar is a chosen day.
    wide.page.get_by_role("spinbutton", name="day, To").click()
    wide.page.keyboard.press("ArrowDown")
    wide.page.keyboard.press("Escape")
    wide.until(lambda: wide.query().get("to") == ["2025-03-30"], "another last day")
    wide.until(lambda: wide.figure("Net sales") != before, "other sales")


def test_days_of_ones_own_begin_as_those_on_the_screen(wide: Browsing) -> None:
    wide.open("Overview", "?period=30+days")
    figure = wide.figure("Net sales")
    choose(wide, "Period", "Custom", "period")
    wide.until(
        lambda: (
            wide.query()
            == {"period": ["Custom"], "from": ["2025-12-02"], "to": ["2025-12-31"]}
        ),
        "both days in the address",
    )
    assert wide.figure("Net sales") == figure


def test_explore_is_filtered_and_sorted_by_what_the_address_says(
    wide: Browsing,
) -> None:
    wide.open("Explore", "?table=DimProduct")
    wide.page.get_by_role("button", name="Condition 1").click()
    choose(wide, "Column", "price", "column0_DimProduct")
    choose(wide, "Condition", "at most", "operator0_DimProduct_number")
    wide.page.get_by_label("Value", exact=True).fill("10")
    wide.page.keyboard.press("Enter")
    wide.until(lambda: wide.query().get("value0_DimProduct") == ["10"], "the value")
    wide.page.keyboard.press("Escape")
    choose(wide, "Sort by", "price", "sort_DimProduct")
    wide.page.get_by_role("radio", name="Descending").click()
    wide.until(lambda: wide.query().get("order") == ["Descending"], "the order")
    with wide.page.expect_download() as waiting:
        wide.page.get_by_role("button", name="Download CSV").click()
    text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    prices = [float(row["price"]) for row in csv.DictReader(io.StringIO(text))]
    assert prices == sorted(prices, reverse=True)
    assert prices[0] <= 10


def test_a_build_under_an_open_page_shows_up_by_itself(
    wide: Browsing, published: Path
) -> None:
    wide.open("Overview", "?period=All+time")
    before = wide.figure("Net sales")
    assert before.startswith("$")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DWH_")}
    building = subprocess.Popen(
        [
            *(sys.executable, "-m", "benchmarks.untested_build"),
            *("--database", str(published), "--vars", "{currency: EUR}"),
        ],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # While it builds, the old version goes on serving.
    pages = [name for name in PAGES if name != "Overview"]
    visited = 0
    while building.poll() is None:
        wide.open(pages[visited % len(pages)])
        assert wide.page.get_by_test_id("stAlertContentError").count() == 0
        visited += 1
    assert building.stdout is not None
    assert building.returncode == 0, building.stdout.read()[-2000:]
    assert visited
    wide.open("Overview", "?period=All+time")
    wide.until(lambda: wide.figure("Net sales").startswith("€"), "the new build")
    assert wide.figure("Net sales").removeprefix("€") == before.removeprefix("$")


def test_another_version_shows_up_and_a_lost_one_is_said_to_be_lost(
    wide: Browsing, published: Path
) -> None:
    wide.open("Overview", "?period=All+time")
    before = wide.figure("Net sales")
    building = published.with_suffix(".building")
    shutil.copy(published, building)
    change(
        building,
        "update rpt_sales_daily set net_sales = net_sales * 3, "
        "gross_sales = gross_sales * 3",
    )
    building.replace(published)
    # Nobody touches the page.
    wide.until(lambda: wide.figure("Net sales") != before, "the new build")
    # Gone for a moment, as under a build in place: said so, and back by itself.
    away = published.with_suffix(".away")
    published.rename(away)
    wide.page.get_by_text("There is no warehouse yet").wait_for()
    away.rename(published)
    wide.page.get_by_test_id("stMetric").first.wait_for()


def test_an_address_turned_round_says_so(wide: Browsing) -> None:
    wide.open("Overview", "?period=Custom&from=2025-06-01&to=2025-01-01")
    wide.page.get_by_text("ends before it starts").wait_for()


@pytest.mark.parametrize(
    ("host", "origin"),
    [("127.0.0.1", "http://evil.example"), ("evil.example", "http://evil.example")],
)
def test_a_request_from_another_host_is_refused(
    server: str, host: str, origin: str
) -> None:
    """No page elsewhere can talk to it: host and origin are checked."""
    address = urlsplit(server)
    assert address.port is not None
    handshake = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", address.port), timeout=30) as client:
        client.sendall(handshake.encode())
        assert b" 403 " in client.recv(64)
