"""Who may come in, where a login is set up."""

import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from dashboard_support import APP, PAGES, ROOT, texts
from streamlit.testing.v1 import AppTest

from dashboard.login import Access, access, secret_fault


def verified(email: str, said: object = True) -> dict[str, object]:
    """Somebody who is logged in, and what the provider says of the address."""
    return {"is_logged_in": True, "email": email, "email_verified": said}


@pytest.mark.parametrize(
    ("user", "allowed", "expected"),
    [
        ({}, [], Access.OPEN),
        ({"email": "ann@shop.example"}, ["nobody@shop.example"], Access.OPEN),
        ({"is_logged_in": False}, [], Access.LOGIN),
        ({"is_logged_in": True}, [], Access.GRANTED),
        ({"is_logged_in": True}, ["*@shop.example"], Access.REFUSED),
        (verified("Ann@Shop.example"), ["*@shop.example"], Access.GRANTED),
        (verified("ann@shop.example"), ["ANN@shop.example"], Access.GRANTED),
        (verified("ann@shop.example.evil.example"), ["*@shop.example"], Access.REFUSED),
        (verified("eve@evil.example@shop.example"), ["*@shop.example"], Access.REFUSED),
        (
            verified("eve@evil.example,@shop.example"),
            ["*@shop.example"],
            Access.REFUSED,
        ),
        (verified("@shop.example"), ["*@shop.example"], Access.REFUSED),
        (verified("x ann@shop.example"), ["*@shop.example"], Access.REFUSED),
        (verified(""), ["*"], Access.REFUSED),
        *(
            (verified("ann@shop.example", said), ["*@shop.example"], Access.REFUSED)
            for said in (False, None, "false", "true", "", 1, [True])
        ),
        (
            {"is_logged_in": True, "email": "ann@shop.example"},
            ["*@shop.example"],
            Access.REFUSED,
        ),
    ],
)
def test_only_those_on_the_list_come_in(
    user: dict[str, object], allowed: list[str], expected: Access
) -> None:
    assert access(user, allowed) is expected


@pytest.mark.parametrize(
    "secret",
    [
        "at least 32 random characters: openssl rand -hex 32",
        "the output of: openssl rand -hex 32",
        "x" * 64,
        "0123456789abcdef",
        "",
        None,
        12345,
    ],
)
def test_a_secret_that_protects_nobody_is_refused(secret: object) -> None:
    assert secret_fault(secret) is not None


def test_a_random_secret_is_taken() -> None:
    assert secret_fault(secrets.token_hex(32)) is None


def test_with_the_readmes_secret_no_server_starts(tmp_path: Path) -> None:
    (example,) = re.findall(
        r"```toml\n(\[auth\].*?)```",
        (ROOT / "dashboard" / "README.md").read_text(encoding="utf-8"),
        re.DOTALL,
    )
    file = tmp_path / "secrets.toml"
    file.write_text(example, encoding="utf-8")
    server = subprocess.run(
        [
            *(sys.executable, "-m", "streamlit", "run", str(APP)),
            *("--server.port", "0", "--secrets.files", str(file)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert server.returncode != 0
    assert server.stderr.splitlines()[-1].startswith("dashboard: cookie_secret in")
    assert "openssl rand -hex 32" in server.stderr.splitlines()[-1]


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
    app.user = verified("ann@shop.example")
    app.run()
    assert not app.exception
    assert app.title[0].value == "Today"
    assert app.metric
    app.button(key="log_out").click().run()
    assert not app.metric
