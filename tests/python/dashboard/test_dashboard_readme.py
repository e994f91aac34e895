"""What the dashboard's README says is so."""

import re
import tomllib

from dashboard_support import PAGES, ROOT

from dashboard.metrics import METRICS

README = (ROOT / "dashboard" / "README.md").read_text(encoding="utf-8")


def test_the_readme_defines_every_figure_as_the_pages_do() -> None:
    expected = [
        f"| {shown.name} | {shown.formula} | {shown.unit.value} |"
        for shown in METRICS.values()
    ]
    _, _, table = README.partition("| figure | definition | unit |\n|---|---|---|\n")
    assert table.splitlines() == expected, "\n".join(expected)


def test_the_readme_names_every_page() -> None:
    table = README.partition("| page | question |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| ([^|]+) \| .*\?? \|$", table, re.MULTILINE) == list(PAGES)


def test_the_settings_that_the_readme_shows_can_be_read() -> None:
    secrets, server = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    login = tomllib.loads(secrets)
    assert {"redirect_uri", "cookie_secret", "client_id", "client_secret"} < set(
        login["auth"]
    )
    assert login["auth"]["redirect_uri"].endswith("/oauth2callback")
    assert len(login["auth"]["cookie_secret"]) >= 32
    assert login["dashboard"]["allowed_emails"]
    config = tomllib.loads((ROOT / "dashboard/.streamlit/config.toml").read_text())
    assert set(tomllib.loads(server)) <= set(config["server"])
    assert config["server"]["address"] == "127.0.0.1"
