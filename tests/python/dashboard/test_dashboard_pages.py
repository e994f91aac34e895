"""Every page in every state: it works, or says what is wrong and what to do."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from dashboard_support import PAGES, change, texts
from streamlit.testing.v1 import AppTest

from dashboard import ui
from dashboard.charts.as_table import WHAT, as_table
from dashboard.charts.figure import Figure
from dashboard.formatting import DASH
from dashboard.metrics import METRICS, metric
from dashboard.schema import Span
from dashboard.warehouse import Warehouse
from tests.python.dashboard.conftest import Show
from tests.python.warehouses import build_warehouse
from tests.small_shop import WriteShop

EVERY_PAGE = pytest.mark.parametrize("page", list(PAGES))
# Pages that need a day with sales; Data health and Explore do without.
SALES_PAGES = [name for name in PAGES if name not in ("Data health", "Explore")]


def assert_calm(app: AppTest, *secrets: object) -> None:
    """No traceback, no exception box, none of the secrets."""
    assert not app.exception
    shown = texts(app)
    for bad in ("Traceback", "sqlite3", "Error:", *map(str, secrets)):
        assert bad not in shown


def assert_says(app: AppTest, *words: str, hides: object = None) -> None:
    """Calm, and all of the words stand on it, and nothing that it hides."""
    assert_calm(app, *(() if hides is None else (hides,)))
    shown = texts(app)
    assert not [text for text in words if text not in shown]


@EVERY_PAGE
def test_a_page_works_on_the_default_warehouse(
    demo_warehouse: Path, show: Show, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: dict[str, pd.DataFrame] = {}

    def look_behind(figure: Figure, alt: str, key: str) -> None:
        tables[key] = as_table(figure)

    monkeypatch.setattr(ui, "_table_behind", look_behind)
    app = show(demo_warehouse, page)
    assert_calm(app, demo_warehouse)
    assert app.title[0].value == page
    assert not app.error
    assert not app.warning
    for element in app.get("plotly_chart"):
        assert go.Figure(**json.loads(element.proto.spec)).data  # checked by Plotly
    assert len(tables) == len(app.get("plotly_chart"))
    for key, table in tables.items():
        assert len(table), key
        assert table[WHAT].ne("").all(), key
        assert table.shape[1] > 1, key
        assert not table.map(lambda text: "<" in text or "%{" in text).any(axis=None)


@EVERY_PAGE
def test_without_a_database_a_page_says_how_to_make_one(
    tmp_path: Path, show: Show, page: str
) -> None:
    app = show(tmp_path / "none.db", page)
    assert_says(app, "There is no warehouse yet", "`make`", hides=tmp_path)
    assert app.title[0].value == page


@EVERY_PAGE
def test_an_empty_database_is_named_so(tmp_path: Path, show: Show, page: str) -> None:
    (tmp_path / "empty.db").touch()
    app = show(tmp_path / "empty.db", page)
    assert_says(app, "The warehouse is empty", "pipeline build --raw", hides=tmp_path)


@EVERY_PAGE
def test_a_file_that_is_no_database_is_named_so(
    tmp_path: Path, show: Show, page: str
) -> None:
    path = tmp_path / "text.db"
    path.write_text("not a database at all " * 100)
    app = show(path, page)
    assert_says(app, "cannot be read as a database", "DWH", hides=tmp_path)


@EVERY_PAGE
def test_raw_tables_without_marts_ask_for_a_build(
    tmp_path: Path, show: Show, page: str
) -> None:
    path = tmp_path / "raw.db"
    path.touch()
    change(path, "create table raw_orders (order_id text)")
    app = show(path, page)
    assert_says(app, "no marts yet", "pipeline build", hides=tmp_path)


@EVERY_PAGE
def test_an_older_schema_names_what_is_missing(
    own_warehouse: Path, show: Show, page: str
) -> None:
    change(
        own_warehouse,
        "alter table rpt_sales_daily drop column is_all_categories",
        "drop table FactOrderCategories",
    )
    app = show(own_warehouse, page)
    assert_says(
        app,
        "another version of the project",
        "FactOrderCategories",
        "Build it again",
        hides=own_warehouse,
    )


@EVERY_PAGE
def test_a_warehouse_being_written_asks_to_wait(
    own_warehouse: Path, show: Show, page: str
) -> None:
    writer = sqlite3.connect(own_warehouse, isolation_level=None)
    writer.execute("begin exclusive")
    try:
        app = show(own_warehouse, page)
        assert_says(
            app,
            "being written right now",
            "Wait until the build has finished",
            hides=own_warehouse,
        )
    finally:
        writer.rollback()
        writer.close()
    app.button(key="look_again").click().run()
    assert "being written" not in texts(app)
    assert app.title[0].value == page


@pytest.mark.parametrize("page", SALES_PAGES)
def test_a_warehouse_without_sales_says_so(
    own_warehouse: Path, show: Show, page: str
) -> None:
    empty_marts(own_warehouse)
    app = show(own_warehouse, page)
    assert_calm(app, own_warehouse)
    shown = texts(app)
    assert any(
        message in shown
        for message in (
            "has no sales yet",
            "There are no cohorts",
            "No pair of products",
        )
    )


@pytest.mark.parametrize("page", ["Data health", "Explore"])
def test_data_health_and_explore_do_without_sales(
    own_warehouse: Path, show: Show, page: str
) -> None:
    empty_marts(own_warehouse)
    app = show(own_warehouse, page)
    assert_calm(app, own_warehouse)
    shown = texts(app)
    if page == "Data health":
        assert "has no sales yet" in shown
        assert "What does each figure mean?" in shown
    else:
        assert "DimCustomer" in shown


def empty_marts(database: Path) -> None:
    connection = sqlite3.connect(database)
    names = [
        name
        for (name,) in connection.execute(
            "select name from sqlite_master where type = 'table'"
        )
        if name.startswith(("Fact", "rpt_"))
    ]
    connection.close()
    change(database, *(f"delete from {name}" for name in names))


def test_a_target_that_cannot_be_read_is_named(
    show: Show, demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = show(demo_warehouse)
    monkeypatch.setenv("DWH_TARGET", "spark")
    app.run()
    assert_says(app, "cannot read the target", "DWH_TARGET")


@pytest.mark.parametrize("page", ["Overview", "Products", "Countries"])
def test_a_range_turned_round_is_said_to_be_so(
    demo_warehouse: Path, show: Show, page: str, known: Span
) -> None:
    app = show(
        demo_warehouse,
        page,
        **{"period": "Custom", "from": str(known.as_of), "to": str(known.first)},
    )
    assert_says(app, "ends before it starts")
    assert not app.metric


@pytest.mark.parametrize("page", ["Overview", "Products"])
def test_a_choice_without_sales_says_what_to_change(
    demo_warehouse: Path, show: Show, page: str
) -> None:
    day, country, category = nothing_sold(demo_warehouse)
    app = show(
        demo_warehouse,
        page,
        **{
            "period": "Custom",
            "from": day,
            "to": day,
            "country": country,
            "category": category,
        },
    )
    assert_says(app, "No sales match these filters", "longer period")


def nothing_sold(database: Path) -> tuple[str, str, str]:
    with sqlite3.connect(database) as connection:
        found: tuple[str, str, str] = connection.execute(
            """
            select d.date, c.country, k.category
            from (select max(date) as date from rpt_sales_daily) d,
                (select distinct country from rpt_sales_daily) c,
                (select distinct category from rpt_sales_daily
                 where not is_all_categories) k
            where not exists (
                select 1 from rpt_sales_daily s where s.date = d.date
                and s.country = c.country and s.category = k.category
            ) order by c.country, k.category limit 1
            """
        ).fetchone()
    return found


def test_a_country_without_buyers_says_so(own_warehouse: Path, show: Show) -> None:
    country = "Germany"
    change(
        own_warehouse,
        "delete from rpt_customer_rfm where customer_key in "
        f"(select customer_key from DimCustomer where country = '{country}')",
        "delete from rpt_customer_lifetime_value where customer_key in "
        f"(select customer_key from DimCustomer where country = '{country}')",
    )
    for page in ("Segments", "Lifetime value"):
        app = show(own_warehouse, page, country=country)
        assert_says(app, "No buyer lives there")


def test_bad_values_in_the_address_are_dropped(
    demo_warehouse: Path, show: Show
) -> None:
    plain = show(demo_warehouse)
    odd = show(
        demo_warehouse,
        **{
            "period": "Yesterday'; drop table x",
            "country": "Atlantis",
            "category": "<script>",
            "compare": "0",
            "show": "Secrets",
            "per": "Minute",
        },
    )
    assert_calm(odd)
    assert texts(odd) == texts(plain)
    assert not dict(odd.query_params)


@pytest.mark.parametrize(
    ("page", "query"),
    [
        (
            "Overview",
            {"period": "Custom", "from": "2025-13-45", "to": "tomorrow"},
        ),
        (
            "Overview",
            {"period": "Custom", "from": "0001-01-01", "to": "9999-12-31"},
        ),
        ("Products", {"top": "9999", "product": "Nothing · P0"}),
        ("Products", {"top": "many", "by": "Luck", "product": "-1"}),
        ("Product", {"product": "1; drop table x", "product_show": "Luck"}),
        ("Product", {"product": "999999", "country": "Atlantis"}),
        ("Countries", {"country_show": "Secrets", "compare": "Luck"}),
        ("Retention", {"cohort": "Birthday", "cohort_show": "Mood"}),
        ("Retention", {"first_order_cohorts": "1800-01"}),
        ("Segments", {"segment": "Aliens", "country": "<b>"}),
        ("Lifetime value", {"country": "' or 1 = 1 --"}),
        ("Baskets", {"minimum": "-5", "pairs": "0", "rank": "Beauty"}),
        ("Baskets", {"product": "0", "category": "None"}),
        ("Explore", {"table": "raw_customers", "order": "Sideways"}),
        (
            "Explore",
            {
                "table": "DimProduct",
                "column0_DimProduct": "password",
                "sort_DimProduct": "price; drop table x",
            },
        ),
    ],
)
def test_a_page_drops_what_its_filters_do_not_know(
    demo_warehouse: Path, show: Show, page: str, query: dict[str, str]
) -> None:
    kept = {
        name: value
        for name, value in query.items()
        if value in ("Custom", "DimProduct")
    }
    plain = show(demo_warehouse, page, **kept)
    odd = show(demo_warehouse, page, **query)
    assert_calm(odd)
    assert texts(odd) == texts(plain)
    assert set(dict(odd.query_params)) <= set(kept)


def test_a_view_is_kept_in_the_address(demo_warehouse: Path, show: Show) -> None:
    app = show(demo_warehouse, country="Germany", show="Orders", period="30 days")
    assert "Germany" in texts(app)
    assert app.multiselect(key="country").value == ["Germany"]
    assert app.selectbox(key="period").value == "30 days"
    assert app.button_group(key="show").value == "Orders"


def test_choices_stay_when_the_page_changes(demo_warehouse: Path, show: Show) -> None:
    app = show(demo_warehouse)
    app.multiselect(key="country").set_value(["Germany"]).run()
    app.switch_page(PAGES["Products"]).run()
    assert app.multiselect(key="country").value == ["Germany"]
    app.switch_page(PAGES["Data health"]).run()
    app.switch_page(PAGES["Segments"]).run()
    assert app.multiselect(key="country").value == ["Germany"]


def figures(app: AppTest) -> list[str]:
    """Every key figure and every picture on a page, as text."""
    # The help holds the exact value.
    found = [f"{metric.label}: {metric.proto.help}" for metric in app.metric]
    for element in app.get("plotly_chart"):
        spec: dict[str, Any] = json.loads(element.proto.spec)
        data = [
            {k: v for k, v in trace.items() if k in ("x", "y", "z", "locations", "lat")}
            for trace in spec["data"]
        ]
        names = [str(trace.get("name")) for trace in spec["data"]]
        found.append(f"{' and '.join(names)}: {json.dumps(data)}")
    return found


# Kept for all countries together: not shown for one, which the page says.
OF_ALL_COUNTRIES = {
    "Lifetime value": (
        ("Forecast and What came", "Value per customer"),
        "tested for all countries together",
    ),
    "Segments": (
        ("Keep and Grow", "Moves:", "Moved:", "Stayed:", "Joined:"),
        "kept for all countries together",
    ),
}
# Of whole orders, whatever the smallest number of baskets.
OF_ALL_ORDERS = "Whole orders and Cells:"

Turn = Callable[[AppTest], Any]


def period(app: AppTest) -> Any:
    return app.selectbox(key="period").set_value("30 days")


def country(app: AppTest) -> Any:
    # A small one, where not every product sells.
    return app.multiselect(key="country").set_value(["Portugal"])


def large_country(app: AppTest) -> Any:
    # One with customers enough for their averages.
    return app.multiselect(key="country").set_value(["Germany"])


def category(app: AppTest) -> Any:
    options = app.multiselect(key="category").options
    return app.multiselect(key="category").set_value(options[-3:])


def minimum(app: AppTest) -> Any:
    field = app.number_input(key="minimum")
    return field.set_value(int(field.min + (field.max - field.min) * 0.3))


OF_THE_FORECAST = {
    period: "Whatever days are chosen",
    country: "choose all countries and at most one category",
    category: "choose all countries and at most one category",
}


@pytest.mark.parametrize(
    ("page", "turn"),
    [
        ("Overview", period),
        ("Overview", country),
        ("Overview", category),
        ("Products", period),
        ("Products", country),
        ("Products", category),
        ("Countries", period),
        ("Countries", country),
        ("Countries", category),
        ("Segments", country),
        ("Lifetime value", large_country),
        ("Baskets", minimum),
        ("Baskets", category),
    ],
)
def test_a_filter_changes_every_figure_of_its_page(
    demo_warehouse: Path, show: Show, page: str, turn: Turn
) -> None:
    app = show(demo_warehouse, page)
    before = figures(app)
    assert before
    turn(app).run()
    assert_calm(app)
    after = figures(app)
    if page in OF_ALL_COUNTRIES and turn in (country, large_country):
        names, reason = OF_ALL_COUNTRIES[page]
        assert reason in texts(app)
        kept = [figure for figure in before if not figure.startswith(names)]
        assert len(kept) == len(before) - len(names)
        before = kept
    if page == "Overview":
        # The forecast says why it stays, or steps aside.
        assert OF_THE_FORECAST[turn] in texts(app)
        before, after = (
            [figure for figure in found if not figure.startswith("80% band")]
            for found in (before, after)
        )
    if turn is minimum:
        before = [figure for figure in before if not figure.startswith(OF_ALL_ORDERS)]
        after = [figure for figure in after if not figure.startswith(OF_ALL_ORDERS)]
    assert len(after) == len(before)
    unmoved = [figure[:90] for figure in before if figure in after]
    assert not unmoved


def test_no_page_has_a_filter_that_it_does_not_use(
    demo_warehouse: Path, show: Show
) -> None:
    filters = {
        "Overview": {"period", "country", "category", "compare"},
        "Products": {"period", "country", "category"},
        "Today": set(),
        "Product": {"period", "country"},
        "Countries": {"period", "country", "category", "compare"},
        "Retention": set(),
        "Segments": {"country"},
        "Lifetime value": {"country"},
        "Baskets": {"category", "minimum"},
        "Data health": set(),
    }
    for page, expected in filters.items():
        app = show(demo_warehouse, page)
        kept = app.session_state["choices_in_the_bar"] if expected else {}
        assert set(kept) == expected, page


def test_the_same_figure_is_the_same_on_every_page(
    demo_warehouse: Path, show: Show
) -> None:
    def value(app: AppTest, label: str) -> str:
        return next(m.value for m in app.metric if m.label == label)

    overview = show(demo_warehouse, period="All time")
    assert value(overview, "Net sales") == value(
        show(demo_warehouse, "Products", period="All time"), "Net sales"
    )
    assert (
        value(overview, "Buyers")
        == value(show(demo_warehouse, "Segments"), "Buyers")
        == value(show(demo_warehouse, "Lifetime value"), "Buyers")
    )


def test_a_new_build_shows_up_and_an_open_page_goes_on(
    own_warehouse: Path, tmp_path: Path, show: Show
) -> None:
    app = show(own_warehouse, period="All time")
    before = figures(app)
    building = tmp_path / "own.db.building"
    shutil.copy(own_warehouse, building)
    change(
        building,
        "update rpt_sales_daily set net_sales = net_sales * 2, "
        "gross_sales = gross_sales * 2",
    )
    building.replace(own_warehouse)
    app.run()
    assert_calm(app)
    assert figures(app)[0] != before[0]
    own_warehouse.unlink()
    app.run()
    assert "There is no warehouse yet" in texts(app)


def test_the_comparison_is_left_out_where_data_do_not_reach_back(
    demo_warehouse: Path, show: Show
) -> None:
    app = show(demo_warehouse, period="All time")
    assert "no comparison" in texts(app)
    assert not any(metric.delta for metric in app.metric)
    app = show(demo_warehouse, period="90 days")
    assert "compared with" in texts(app)
    assert all(metric.delta for metric in app.metric)
    app.selectbox(key="compare").set_value("Nothing").run()
    assert not any(metric.delta for metric in app.metric)


def test_pages_hide_averages_of_fewer_customers_than_the_build_was_told(
    write_shop: WriteShop, tmp_path: Path, show: Show
) -> None:
    """Twelve customers of France begin in January, four of Spain in February."""
    begun = [("France", "01")] * 12 + [("Spain", "02")] * 4
    orders = [
        (f"O{n}{day}", f"C{n}", f"2024-{month}-{day}", "paid")
        for n, (_, month) in enumerate(begun)
        for day in ("10", "20")
    ]
    last = ("O", "C0", "2024-05-31", "paid")
    raw = write_shop(
        raw_customers=[
            ("customer_id", "name", "country"),
            *((f"C{n}", "", country) for n, (country, _) in enumerate(begun)),
        ],
        raw_orders=[("order_id", "customer_id", "order_date", "status"), *orders, last],
        raw_order_items=[
            ("order_item_id", "order_id", "product_id", "quantity", "price_per_item"),
            *((f"I{order[0]}", order[0], "P1", "1", "5") for order in [*orders, last]),
        ],
    )
    database = build_warehouse(
        tmp_path / "few.db",
        raw,
        "least_customers: 5, reactivation_days: 90",
        tests=False,
    )

    def after_a_month(app: AppTest) -> str:
        name = metric("retention_month_1").name
        [figure] = [figure for figure in app.metric if figure.label == name]
        return str(figure.value)

    page = show(database, "Retention")
    assert after_a_month(page) != DASH
    assert_says(page, "and 5, have been seen", "fewer than 5 are still")
    assert any("more than 90 days" in title.help for title in page.header)
    slider: Any = page.select_slider(key="first_order_cohorts")
    slider.set_value(("2024-02", "2024-02")).run()
    assert after_a_month(page) == DASH
    origins = show(database, "Lifetime value", after="30 days")
    assert_says(origins, "1 with fewer than 5 customers left out")


def test_data_health_defines_every_figure_and_shows_the_tests(
    demo_warehouse: Path, show: Show
) -> None:
    app = show(demo_warehouse, "Data health")
    defined = set(app.table[0].value.index)
    assert defined == {metric.name for metric in METRICS.values()}
    assert re.search(r"All \d+ tests passed|of \d+ tests passed", texts(app))


def test_data_health_says_why_there_are_no_tests(
    own_warehouse: Path, show: Show
) -> None:
    change(own_warehouse, "drop table build_tests", "drop table build_info")
    app = show(own_warehouse, "Data health")
    assert_says(app, "kept no test results")


def test_data_health_shows_the_runs_that_published_nothing_too(
    own_warehouse: Path, show: Show
) -> None:
    change(
        own_warehouse,
        "insert into pipeline_runs (run_id, command, started_at, outcome, reason) "
        "values ('x', 'build', '2000-01-01T02:03:04', 'failed', 'the disk is full')",
    )

    app = show(own_warehouse, "Data health")

    (runs,) = (each.value for each in app.dataframe if "tests_passed" in each.value)
    assert list(runs["outcome"]) == ["published", "failed: the disk is full"]
    assert runs["started"].iloc[1] == "2000-01-01 02:03"
    assert runs["rows_in"].iloc[0] > 0


def test_data_health_says_why_there_are_no_runs(
    own_warehouse: Path, show: Show
) -> None:
    change(own_warehouse, "drop table pipeline_runs")
    assert_says(show(own_warehouse, "Data health"), "No runs were written down")


def test_data_health_shows_what_is_odd(own_warehouse: Path, show: Show) -> None:
    assert_says(show(own_warehouse, "Data health"), "Nothing is odd")
    odd = [
        ("odd_orders", "", "2024-03-01", "12, where", "2024-03-03T03:15:00+00:00"),
        ("country_gone", "Chile", "", "no order", "2024-03-02T03:15:00+00:00"),
    ]
    change(
        own_warehouse,
        *(
            f"insert into build_doubts values ('{check}', '{of}', '{day}', 'warn', "
            f"'{words}', '{since}')"
            for check, of, day, words, since in odd
        ),
    )

    app = show(own_warehouse, "Data health")

    (found,) = (each.value for each in app.dataframe if "doubt" in each.value)
    assert found.to_numpy().tolist() == [
        ["Odd orders on 2024-03-01", "", "12, where", "2024-03-03"],
        ["Country gone", "Chile", "no order", "2024-03-02"],
    ]


def test_data_health_says_where_nobody_asked_what_is_odd(
    own_warehouse: Path, show: Show
) -> None:
    change(own_warehouse, "drop table build_doubts")
    assert_says(show(own_warehouse, "Data health"), "Nobody asked")


def test_names_are_masked_unless_asked_for(
    demo_warehouse: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DWH_SHOW_PII", raising=False)
    with sqlite3.connect(demo_warehouse) as connection:
        secrets = {
            value
            for row in connection.execute(
                "select name, email, address from DimCustomer"
            )
            for value in row
            if value and len(value) > 3
        }
    for page in ("Segments", "Explore"):
        app = show(demo_warehouse, page)
        cells = {str(v) for table in app.dataframe for v in table.value.to_numpy().flat}
        assert not cells & secrets
        assert "masked" in texts(app).lower()
    monkeypatch.setenv("DWH_SHOW_PII", "1")
    app = show(demo_warehouse, "Explore")
    cells = {str(v) for table in app.dataframe for v in table.value.to_numpy().flat}
    assert cells & secrets
    assert "masked" not in texts(app).lower()


def test_explore_filters_sorts_and_names_a_bad_value(
    demo_warehouse: Path, show: Show
) -> None:
    app = show(demo_warehouse, "Explore", table="DimProduct")
    app.selectbox(key="column0_DimProduct").set_value("price").run()
    app.selectbox(key="operator0_DimProduct_number").set_value("at most").run()
    app.text_input(key="value0_DimProduct").set_value("10").run()
    app.selectbox(key="sort_DimProduct").set_value("price").run()
    prices = app.dataframe[0].value["price"]
    assert (prices <= 10).all()
    assert prices.is_monotonic_increasing
    app.text_input(key="value0_DimProduct").set_value("ten").run()
    assert_says(app, "is not a number")
    app.text_input(key="value0_DimProduct").set_value("-1").run()
    assert "No row meets these conditions" in texts(app)


def test_a_forecast_appears_where_one_could_be_made(
    own_warehouse: Path, show: Show
) -> None:
    table = "rpt_customer_lifetime_value"
    change(
        own_warehouse,
        f"update {table} set p_alive = null, expected_orders = null,"
        " predicted_value = null",
    )
    app = show(own_warehouse, "Lifetime value")
    assert "No forecast could be made" in texts(app)
    change(
        own_warehouse,
        f"update {table} set p_alive = 0.5, expected_orders = 2, predicted_value = 10",
    )
    app = show(own_warehouse, "Lifetime value")
    assert_calm(app)
    labels = {metric.label for metric in app.metric}
    assert {"Predicted value", "Expected orders", "Chance to be active"} <= labels


def test_where_nobody_seems_to_leave_the_page_says_so(
    own_warehouse: Path, show: Show
) -> None:
    leaving = "forecast_method in ('bg_nbd', 'mbg_nbd')"
    change(
        own_warehouse,
        "update rpt_customer_lifetime_value set p_alive = null",
        "update rpt_clv_models set is_used = model_name in ('nbd', 'gamma_gamma')",
        "update rpt_clv_models set model_status = 'no sign of leaving'"
        " where model_name in ('bg_nbd', 'mbg_nbd')",
        "update rpt_clv_backtest set is_used = forecast_method = 'nbd'",
        "update rpt_clv_backtest set forecast_status = 'no sign of leaving',"
        f" predicted_orders = null, relative_error = null where {leaving}",
    )
    app = show(own_warehouse, "Lifetime value")
    assert_says(app, "**No sign of leaving.**", "Predicted value")
    assert "chance that they have not left" not in texts(app)
    assert "Chance to be active" not in {metric.label for metric in app.metric}
    methods = [
        method
        for table in app.dataframe
        if "forecast_method" in table.value
        for method in table.value["forecast_method"]
    ]
    assert methods[0] == "NBD (nobody leaves): this forecast"
    assert "BG/NBD: no sign of leaving" in methods


def test_a_forecast_of_more_weeks_than_there_were_says_so(
    own_warehouse: Path, show: Show
) -> None:
    said = "it is what would come if nothing changed"
    assert said not in texts(show(own_warehouse, "Lifetime value"))
    change(own_warehouse, "update rpt_clv_models set horizon_weeks = 400")
    assert_says(show(own_warehouse, "Lifetime value"), "400 weeks ahead", said)


def test_values_that_cannot_be_predicted_leave_the_orders(
    own_warehouse: Path, show: Show
) -> None:
    change(
        own_warehouse,
        "update rpt_customer_lifetime_value set predicted_value = null",
        "update rpt_clv_models set model_status = 'value depends on frequency'"
        " where model_name = 'gamma_gamma'",
    )
    app = show(own_warehouse, "Lifetime value")
    assert_says(app, "**What a purchase will be worth cannot be said.**")
    assert_says(app, "Value depends on frequency", "Expected orders")


def test_every_report_stands_on_its_page(demo_warehouse: Path, show: Show) -> None:
    for page, headings in {
        "Retention": ("When do they order again?", "Whose money is it?"),
        "Segments": ("How have the segments changed?", "Who moved?"),
        "Lifetime value": ("Which beginnings pay off?",),
        "Baskets": ("What to offer with it",),
    }.items():
        app = show(demo_warehouse, page)
        shown = {element.value for element in (*app.header, *app.subheader)}
        assert set(headings) <= shown


def test_a_month_of_moves_adds_up(demo_warehouse: Path, show: Show) -> None:
    app = show(demo_warehouse, "Segments")
    figures = {metric.label: metric.value for metric in app.metric}
    slider = app.select_slider(key="moved_in")
    slider.set_value(slider.options[-2]).run()
    assert_calm(app)
    earlier = {metric.label: metric.value for metric in app.metric}
    assert earlier["Moved"] != figures["Moved"]
    assert earlier["Buyers"] == figures["Buyers"]


def test_pairs_that_may_be_chance_are_shown_when_asked_for(
    demo_warehouse: Path, show: Show
) -> None:
    def pairs(app: AppTest) -> int:
        rows = next(frame.value for frame in app.dataframe if "q_value" in frame.value)
        return int((rows["is_significant"] == 0).sum())

    choice = {"rank": "Bought together", "pairs": "50"}
    assert pairs(show(demo_warehouse, "Baskets", **choice)) == 0
    every = show(demo_warehouse, "Baskets", **choice, evidence="All listed")
    assert_calm(every)
    assert pairs(every) > 0


def test_products_says_what_services_brought(own_warehouse: Path, show: Show) -> None:
    everything = {"period": "All time"}
    before = show(own_warehouse, "Products", **everything)
    with sqlite3.connect(own_warehouse) as connection:
        key, name, money = connection.execute(
            "select product_key, product_name, net_sales from rpt_product_sales "
            "where sales_rank = 1"
        ).fetchone()
    change(
        own_warehouse,
        f"update DimProduct set is_service = true where product_key = {key}",
    )
    app = show(own_warehouse, "Products", **everything)

    assert_calm(app)
    plain = texts(app).replace("\\", "")
    assert f"${money:,.2f} of the net sales are those of 1 service ({name})" in plain
    net_sales = [metric.value for metric in (before.metric[0], app.metric[0])]
    assert net_sales[0] == net_sales[1]
    table = next(frame.value for frame in app.dataframe if "sales_share" in frame.value)
    assert key not in set(table["product_key"])


def test_an_error_of_the_dashboard_itself_shows_no_traceback(
    demo_warehouse: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.queries import data_health

    def broken(*_: object) -> None:
        raise RuntimeError("secret /path/to/file")

    monkeypatch.setattr(data_health, "intake", broken)
    app = show(demo_warehouse, "Data health")
    assert not app.exception
    assert "could not be drawn" in texts(app)
    assert "secret" not in texts(app)


def make_slow(database: Path, table: str) -> None:
    """Let a table of a warehouse take a year to read."""
    change(
        database,
        f"alter table {table} rename to quick",
        f"create view {table} as select * from quick where (select count(*) from "
        "FactSales as a, FactSales as b, FactSales as c, FactSales as d "
        "where a.line_item_total + b.line_item_total <> "
        "c.line_item_total - d.line_item_total) > 0",
    )


def test_what_takes_too_long_is_said_in_its_card_and_the_others_are_drawn(
    own_warehouse: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DWH_QUERY_SECONDS", "2")
    make_slow(own_warehouse, "rpt_due_buyers")
    asked: list[str] = []
    query = Warehouse.query

    def listen(self: Warehouse, sql: str, *values: Any) -> pd.DataFrame:
        asked.append(sql)
        return query(self, sql, *values)

    monkeypatch.setattr(Warehouse, "query", listen)
    app = show(own_warehouse, "Today")
    assert_calm(app, own_warehouse)
    (said,) = app.warning
    assert "took longer than 2 s" in said.value
    assert "`DWH_QUERY_SECONDS`" in said.value
    assert len(app.metric) >= 3
    # The card whose query it is comes before this one.
    assert "Are the data fresh and complete?" in [header.value for header in app.header]
    assert "All about the data" in [link.proto.label for link in app.get("page_link")]
    # Nobody waits for it again with the next click.
    slow = [sql for sql in asked if "rpt_due_buyers" in sql]
    app.run()
    assert len(app.warning) == 1
    assert [sql for sql in asked if "rpt_due_buyers" in sql] == slow


def test_a_page_of_which_all_takes_too_long_says_so_in_one_line(
    own_warehouse: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DWH_QUERY_SECONDS", "2")
    make_slow(own_warehouse, "rpt_customer_lifetime_value")
    app = show(own_warehouse, "Lifetime value")
    assert_calm(app, own_warehouse)
    assert [title.value for title in app.title] == ["Lifetime value"]
    assert ["took longer than 2 s" in said.value for said in app.warning] == [True]


def test_a_page_is_drawn_where_asking_for_its_freshness_takes_too_long(
    own_warehouse: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DWH_QUERY_SECONDS", "1")
    make_slow(own_warehouse, "FactOrders")
    app = show(own_warehouse, "Segments")
    assert_calm(app, own_warehouse)
    assert "how fresh the data are took too long to ask" in texts(app)
    assert [title.value for title in app.title] == ["Segments"]
    assert app.metric
    assert not app.warning


def test_a_time_limit_that_is_none_is_said_on_the_page(
    demo_warehouse: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DWH_QUERY_SECONDS", "soon")
    app = show(demo_warehouse)
    assert_says(app, "“soon” is no number of seconds", "`DWH_QUERY_SECONDS`")


@pytest.mark.parametrize(
    ("page", "table", "kept", "words"),
    [
        (
            "Baskets",
            "rpt_category_affinity",
            "select min(rowid) from rpt_category_affinity",
            "lift ",
        ),
        (
            "Segments",
            "rpt_customer_rfm",
            "select min(rowid) from rpt_customer_rfm",
            "buyers, all with recency ",
        ),
        (
            "Retention",
            "rpt_customer_cohorts",
            "select max(rowid) from rpt_customer_cohorts "
            "where cohort_basis = 'first_order' and month_index = 0",
            "in the only month there is",
        ),
    ],
)
def test_a_heat_map_of_one_cell_is_a_sentence(
    own_warehouse: Path, show: Show, page: str, table: str, kept: str, words: str
) -> None:
    def heat_maps(app: AppTest) -> int:
        specs = [json.loads(one.proto.spec) for one in app.get("plotly_chart")]
        return sum(t["type"] == "heatmap" for spec in specs for t in spec["data"])

    app = show(own_warehouse, page)
    assert heat_maps(app) == 1
    change(own_warehouse, f"delete from {table} where rowid not in ({kept})")
    app = show(own_warehouse, page)
    assert_says(app, words)
    assert heat_maps(app) == 0
