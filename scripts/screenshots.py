"""Takes the pictures of the dashboard's pages that the README shows.

Run it from the project's root after `make`: .venv/bin/python -m scripts.screenshots
Needs chromium (scripts/install_chromium.sh).
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.dashboard_server import AT_REST, ROOT, chromium, running
from dashboard.navigation import PAGES

WIDE, PHONE = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}
PATIENCE = 120_000


def take(
    browser: Browser, url: str, page: str, *, phone: bool, dark: bool, whole: bool
) -> bytes:
    """A PNG of a page: as much as the screen shows, or all of it."""
    viewport = PHONE if phone else WIDE
    path = "" if page == "today" else page
    scheme = "dark" if dark else "light"
    opened = browser.new_page(viewport=viewport, color_scheme=scheme)
    opened.set_default_timeout(PATIENCE)
    opened.goto(f"{url}/{path}")
    opened.get_by_role("heading", level=1).wait_for()
    opened.wait_for_function(AT_REST, polling=100)
    if whole:
        # The page scrolls inside its main part: the screen is made as tall as that.
        tall = opened.get_by_test_id("stMain").evaluate("e => e.scrollHeight")
        opened.set_viewport_size({**viewport, "height": min(int(tall) + 20, 9000)})
        opened.evaluate("() => { window.looksAtRest = 0; }")
        opened.wait_for_function(AT_REST, polling=100)
    picture = opened.screenshot()
    opened.close()
    return picture


def main() -> None:
    """Take the pictures and say where they are."""
    parser = argparse.ArgumentParser(description="Take pictures of the dashboard.")
    parser.add_argument("--database", type=Path, default=Path("ecommerce_dwh.db"))
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument("--page", choices=PAGES, action="append")
    parser.add_argument(
        "--all",
        action="store_true",
        help="whole pages, at both widths and in both themes, to look them through",
    )
    options = parser.parse_args()
    if chromium() is None:
        sys.exit("screenshots: there is no chromium: run scripts/install_chromium.sh")
    if not options.database.is_file():
        sys.exit(f"screenshots: there is no warehouse at {options.database}: run make")
    options.out.mkdir(parents=True, exist_ok=True)
    pages = options.page or list(PAGES)
    settings = {"DWH_DATABASE": str(options.database.resolve())}
    with running(settings) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        wanted = [(page, False, False) for page in pages]
        if options.all:
            wanted = [(p, n, d) for p in pages for n in (False, True) for d in (0, 1)]
        elif "overview" in pages:
            wanted += [("overview", True, True)]
        for page, phone, dark in wanted:
            name = f"{page}{'_phone' if phone else ''}"
            name += "_dark" if options.all and dark else ""
            picture = take(
                browser, url, page, phone=phone, dark=bool(dark), whole=options.all
            )
            path = options.out / f"{name}.png"
            path.write_bytes(picture)
            print(f"{path} {len(picture) / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
