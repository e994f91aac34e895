"""A dashboard in a process of its own, for what looks at it in a browser.

The tests, the benchmarks and `scripts/screenshots.py` use it; the dashboard does not.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# A page drawn whole, and so at several looks in a row: a script that is about to run
# again shows itself within a moment. Set window.looksAtRest to 0 to start anew.
AT_REST = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
    const still = app !== null && app.dataset.testScriptState === "notRunning"
        && !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]')
        && charts.every(chart => chart.querySelector(".main-svg") !== null);
    window.looksAtRest = still ? (window.looksAtRest || 0) + 1 : 0;
    return window.looksAtRest >= 8;
}"""


def chromium() -> str | None:
    """Where a chromium is, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def running(
    settings: Mapping[str, str],
    log: Path | None = None,
    patience: float = 60,
    project: Path = ROOT,
) -> Iterator[str]:
    """A dashboard on a free port of this machine, ended afterwards.

    Args:
        settings: The environment's DWH_ variables; those around it do not count.
        log: Where its output goes, or nowhere.
        patience: Seconds until it must answer.
        project: The folder of the version that runs.

    Yields:
        Its address.

    Raises:
        TimeoutError: It does not answer.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    around = {k: v for k, v in os.environ.items() if not k.startswith("DWH_")}
    with (log or Path(os.devnull)).open("w") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", "dashboard/app.py"),
                *("--server.port", str(port)),
            ],
            cwd=project,
            env={**around, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/_stcore/health", patience)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(url: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url):  # noqa: S310
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer")
