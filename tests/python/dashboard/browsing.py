"""A page of the dashboard in a browser, and what a test does with it.

Needs chromium and axe-core (scripts/install_chromium.sh).
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from dashboard_support import PAGES
from playwright.sync_api import (
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
)

from benchmarks.dashboard_server import AT_REST, chromium

AXE = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    / "ecommerce-data-warehouse"
    / "axe.min.js"
)
# For a machine that does much else beside; what goes well takes a second.
PATIENCE = 180_000
_PATHS = {
    name: "" if name == "Today" else Path(file).stem for name, file in PAGES.items()
}
# Streamlit looks for its server below the address of a page before it does at the root.
_PROBES = ("/_stcore/health", "/_stcore/host-config")


def missing() -> str | None:
    """What the tests lack."""
    if chromium() is None or not AXE.is_file():
        return "chromium or axe-core is missing: run scripts/install_chromium.sh"
    return None


@dataclass
class Browsing:
    """A page, and what happened on it that should not have.

    Attributes:
        page: Playwright's page.
        url: The dashboard's address.
        problems: Console errors, failed answers and requests to other hosts.
    """

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def open(self, name: str, query: str = "") -> None:
        """Open a page of the dashboard, and wait until it is drawn."""
        self.page.goto(f"{self.url}/{_PATHS[name]}{query}")
        self.page.get_by_role("heading", name=name, exact=True, level=1).wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and the pictures stand."""
        self.page.evaluate("() => { window.looksAtRest = 0; }")
        self.page.wait_for_function(AT_REST, polling=100)

    def heard(self, request: Request) -> None:
        """Note a request that leaves the machine."""
        if urlsplit(request.url).hostname not in ("127.0.0.1", "localhost", None):
            self.problems.append(f"outside request: {request.url}")

    def answered(self, response: Response) -> None:
        """Note an answer that failed, Streamlit's own probes aside."""
        path = urlsplit(response.url).path
        if response.status >= 400 and not path.endswith(_PROBES):
            self.problems.append(f"{response.status}: {response.url}")

    def said(self, message: ConsoleMessage) -> None:
        """Note an error in the console; failed answers are noted by their address."""
        if message.type == "error" and "404 (Not Found)" not in message.text:
            self.problems.append(f"console: {message.text}")

    def until(
        self,
        holds: Callable[[], bool],
        what: str,
        again: Callable[[], object] | None = None,
    ) -> None:
        """Wait until something holds.

        Args:
            holds: Asked again and again.
            what: What it is, for the message.
            again: What to do once more when it has not come about in ten seconds.
        """
        started = asked = time.monotonic()
        while not holds():
            now = time.monotonic()
            assert now < started + PATIENCE / 1000, (
                f"never happened: {what}; the address is {self.page.url}"
            )
            if again is not None and now > asked + 10:
                asked = now
                again()
            self.page.wait_for_timeout(100)
        self.settle()

    def click(self, target: Locator) -> None:
        """Click in the middle of a mark of a picture."""
        # The bar of pages lies over what stands at the top.
        target.evaluate("one => one.scrollIntoView({block: 'center'})")
        box = target.bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def query(self) -> dict[str, list[str]]:
        """What stands in the address."""
        return parse_qs(urlsplit(self.page.url).query)

    def figure(self, label: str) -> str:
        """The key figure of that name."""
        card = self.page.get_by_test_id("stMetric").filter(has_text=label).first
        return card.get_by_test_id("stMetricValue").inner_text()


def watched(page: Page, url: str) -> Browsing:
    """The page, with an ear on all that goes wrong."""
    page.set_default_timeout(PATIENCE)
    session = Browsing(page, url)
    page.on("request", session.heard)
    page.on("response", session.answered)
    page.on("console", session.said)
    page.on("pageerror", lambda error: session.problems.append(f"page error: {error}"))
    return session
