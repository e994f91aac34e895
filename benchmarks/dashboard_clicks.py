"""How long a click on the dashboard takes until its pictures stand, in chromium.

Every button of every row of buttons is pressed once, every period and comparison
chosen, and every page visited. A click has taken until the last change that it made to
the page. On a machine that does other things beside, only versions measured in turn can
be compared: `--beside` names the folder of another one.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as NotSeen

from benchmarks.dashboard_queries import FIRST_CHART_SECONDS
from benchmarks.dashboard_server import ROOT, chromium, running

PAGES = (
    "Today",
    "Overview",
    "Products",
    "Countries",
    "Retention",
    "Segments",
    "Baskets",
)
PERIODS = ("30 days", "90 days", "This year", "All time", "12 months")

# When the last click was, and the last change that somebody could see.
_WATCH = """() => {
    const main = document.querySelector('[data-testid="stMain"]');
    window.changed = performance.now();
    new MutationObserver(all => {
        if (all.some(one => one.type !== "attributes"
                || ["d", "transform", "aria-checked"].includes(one.attributeName)))
            window.changed = performance.now();
    }).observe(main, {subtree: true, childList: true, characterData: true,
                      attributes: true});
    addEventListener("pointerdown", () => {
        window.clicked = window.changed = performance.now();
    }, true);
}"""
_STILL = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    return app.dataset.testScriptState === "notRunning"
        && window.changed > window.clicked
        && performance.now() - window.changed > 700
        && !document.querySelector('[data-testid="stSkeleton"]');
}"""


@dataclass
class Clicks:
    """What was measured of one version, in milliseconds.

    Attributes:
        redraws: From a click until the page stands again.
        visits: From a click on another page's name until that stands.
        first: From an address until the first chart, the first visit first.
    """

    redraws: list[float] = field(default_factory=list)
    visits: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)

    @property
    def figures(self) -> dict[str, float]:
        """The figures that have a budget, and the first visit."""
        ninety_fifth = statistics.quantiles(self.redraws, n=20)[-1]
        return {
            "clicks": len(self.redraws),
            "click p50, ms": statistics.median(self.redraws),
            "click p95, ms": ninety_fifth,
            "page change p50, ms": statistics.median(self.visits),
            "first chart warm, ms": statistics.median(self.first[1:]),
            "first chart cold, ms": self.first[0],
        }


def _spent(page: Page, target: Locator) -> float:
    """Milliseconds from a click until the last change that it made."""
    target.scroll_into_view_if_needed()
    target.click()
    page.wait_for_function(_STILL, polling=50)
    return float(page.evaluate("() => window.changed - window.clicked"))


def _buttons(page: Page) -> Iterator[Locator]:
    """Every button of every row of buttons that is not pressed."""
    groups = page.get_by_test_id("stMain").get_by_role("radiogroup")
    for group in range(groups.count()):
        buttons = groups.nth(group).get_by_role("radio")
        for index in range(buttons.count() - 1, -1, -1):
            if buttons.nth(index).get_attribute("aria-checked") != "true":
                yield buttons.nth(index)


def _pages(page: Page) -> list[str]:
    """Those of `PAGES` that this version has."""
    links = page.get_by_role("link")
    return [name for name in PAGES if links.get_by_text(name, exact=True).count()]


def _redraws(page: Page) -> Iterator[float]:
    for button in _buttons(page):
        yield _spent(page, button)
    period = page.get_by_label("Period").first
    if not period.count():
        return
    for name in PERIODS:
        option = page.get_by_role("option", name=name, exact=True)
        period.click()
        try:
            option.wait_for(timeout=3000)
        except NotSeen:  # the box was focused, its list not opened
            period.click()
        yield _spent(page, option)


def measure(url: str, browser: Browser, visits: int = 5) -> Clicks:
    """Click through a dashboard."""
    found = Clicks()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    for _ in range(visits + 1):
        page = context.new_page()
        start = time.perf_counter()
        page.goto(f"{url}/")
        page.locator(".js-plotly-plot .trace").first.wait_for()
        found.first.append((time.perf_counter() - start) * 1000)
        page.close()
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{url}/")
    page.locator(".js-plotly-plot .trace").first.wait_for()
    page.evaluate(_WATCH)
    for name in _pages(page):
        link = page.get_by_role("link", name=name, exact=True).first
        if page.get_by_role("heading", name=name, exact=True, level=1).count() == 0:
            found.visits.append(_spent(page, link))
        found.redraws += _redraws(page)
    # Once more, with every answer in the cache.
    for name in (*_pages(page), *_pages(page)):
        link = page.get_by_role("link", name=name, exact=True).first
        found.visits.append(_spent(page, link))
    context.close()
    return found


def main() -> int:
    """Print the figures of one version, or of two in turn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard_clicks")
    parser.add_argument("--database", required=True, metavar="PATH")
    parser.add_argument("--target", choices=("sqlite", "duckdb"), default="sqlite")
    parser.add_argument(
        "--beside", type=Path, metavar="DIR", help="another version of the project"
    )
    parser.add_argument("--rounds", type=int, default=1, metavar="N")
    options = parser.parse_args()
    if chromium() is None:
        sys.exit("dashboard_clicks: there is no chromium")
    settings = {
        "DWH_TARGET": options.target,
        "DWH_DATABASE": str(Path(options.database).resolve()),
    }
    projects = [ROOT, *([options.beside.resolve()] if options.beside else [])]
    found: dict[str, list[dict[str, float]]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        for _ in range(options.rounds):
            for project in projects:
                with ExitStack() as stack:
                    url = stack.enter_context(running(settings, project=project))
                    figures = measure(url, browser).figures
                found.setdefault(project.name, []).append(figures)
        browser.close()
    for name, rounds in found.items():
        medians = {
            key: round(statistics.median(one[key] for one in rounds))
            for key in rounds[0]
        }
        print(f"{name}: {json.dumps(medians)}")
    print(
        "Budgets: click p50 300 ms, p95 600 ms; page change p50 600 ms; first chart "
        f"{FIRST_CHART_SECONDS:.0f} s warm."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
