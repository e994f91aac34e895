"""Who may come in, where a login is set up."""

from pathlib import Path

import pytest
from dashboard_support import APP, PAGES, texts
from streamlit.testing.v1 import AppTest

from dashboard.access import Access, access


@pytest.mark.parametrize(
    ("user", "allowed", "expected"),
    [
        ({}, [], Access.OPEN),
        ({"email": "ann@shop.example"}, ["nobody@shop.example"], Access.OPEN),
        ({"is_logged_in": False}, [], Access.LOGIN),
        ({"is_logged_in": True}, [], Access.GRANTED),
        ({"is_logged_in": True}, ["*@shop.example"], Access.REFUSED),
        (
            {"is_logged_in": True, "email": "Ann@Shop.example"},
            ["*@shop.example"],
            Access.GRANTED,
        ),
        (
            {"is_logged_in": True, "email": "ann@shop.example"},
            ["ANN@shop.example"],
            Access.GRANTED,
        ),
        (
            {"is_logged_in": True, "email": "ann@shop.example.evil.example"},
            ["*@shop.example"],
            Access.REFUSED,
        ),
        (
            {
                "is_logged_in": True,
                "email": "ann@shop.example",
                "email_verified": False,
            },
            ["*@shop.example"],
            Access.REFUSED,
        ),
    ],
)
def test_only_those_on_the_list_come_in(
    user: dict[str, object], allowed: list[str], expected: Access
) -> None:
    assert access(user, allowed) is expected


@pytest.fixture
def app(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("DWH_DATABASE", str(demo_warehouse))
    monkeypatch.delenv("DWH_TARGET", raising=False)
    found = AppTest.from_file(str(APP), default_timeout=60)
    found.secrets["dashboard"] = {"allowed_emails": ["*@shop.example"]}
    return found


@pytest.mark.parametrize("page", list(PAGES))
def test_a_stranger_sees_no_figure_on_any_page(app: AppTest, page: str) -> None:
    app.user = {"is_logged_in": False}
    app.switch_page(PAGES[page])
    app.run()
    assert not app.exception
    shown = texts(app)
    assert "Shop dashboard" in shown
    assert "people of the shop" in shown or "A login is set up, but" in shown
    for kind in ("metric", "arrow_data_frame", "plotly_chart"):
        assert not app.get(kind)


def test_an_account_that_is_not_on_the_list_is_told_so(app: AppTest) -> None:
    app.user = {"is_logged_in": True, "email": "eve@elsewhere.example"}
    app.run()
    assert not app.exception
    assert "not among those that may see" in texts(app)
    for kind in ("metric", "arrow_data_frame", "plotly_chart"):
        assert not app.get(kind)
    assert app.button(key="log_out").label == "Log out"


def test_an_account_on_the_list_sees_the_page_and_the_way_out(app: AppTest) -> None:
    app.user = {"is_logged_in": True, "email": "ann@shop.example"}
    app.run()
    assert not app.exception
    assert app.title[0].value == "Overview"
    assert app.metric
    app.button(key="log_out").click().run()
    assert not app.metric
