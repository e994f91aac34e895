"""A month of nights that nobody attends, through what a scheduler calls.

`python -m tests.unattended_nights --target duckdb FOLDER` generates a shop of thirty
days, with late and changed orders, a day that comes twice and one that is broken, and
drops a batch a night into an inbox. Some nights are killed; the next one goes on. It
prints what came of each, and compares the warehouse at last with a full load.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from generator.command_line import main as generate
from pipeline.night import COMPLETE, BatchesRefusedError
from pipeline.runs import PUBLISHED, runs
from pipeline.terminal.summary import print_table
from pipeline.warehouse import engine_for

ROOT = Path(__file__).resolve().parents[1]
PIPELINE = (sys.executable, "-m", "pipeline")
# Nights that are killed, as soon as their log says so.
REFUSED_SOME = BatchesRefusedError.exit_code
KILLS = {8: "appending raw files", 15: "starting dbt", 27: "publishing"}


@dataclass(frozen=True)
class Night:
    """What came of one night.

    Attributes:
        kind: What was dropped, as the generator has it.
        exit_code: Negative where it was killed.
        published: Versions that it published.
        told: Failures that people were told of.
    """

    name: str
    kind: str
    exit_code: int
    published: int
    told: int
    seconds: float

    @property
    def is_as_it_should(self) -> bool:
        """A good night publishes once; of a bad one people are told once."""
        if self.exit_code == -signal.SIGKILL:
            return self.told == 0 and self.published <= 1
        is_bad = self.kind == "broken"
        return (self.exit_code, self.published, self.told) == (
            (REFUSED_SOME, 0, 1) if is_bad else (0, 1, 0)
        )


class Shop:
    """An inbox and a warehouse, of a shop that the generator has written.

    Args:
        folder: An empty one.
        days: What the generator wrote.
        target: The engine of the warehouse, one of a file.
        command: What runs the pipeline.
    """

    def __init__(
        self, folder: Path, days: Path, target: str, command: Sequence[str] = PIPELINE
    ) -> None:
        self._days, self._command = days, command
        self._inbox, self._database = folder / "inbox", folder / "shop.db"
        self._inbox.mkdir()
        self._engine = engine_for(target, str(self._database))
        self._to = ("--target", target, "--database", str(self._database))
        self._environment = {k: v for k, v in os.environ.items() if k[:4] != "DWH_"}

    def nights(self, kills: Mapping[int, str]) -> Iterator[Night]:
        """Load the first folder, and drop one a night.

        Args:
            kills: What the log of a night says when it is killed, by its number.
        """
        first, *others = json.loads((self._days / "days.json").read_text("utf-8"))
        self._run("build", "--raw", str(self._days / first["folder"]), *self._to)
        with failures_told() as (url, failures):
            self._environment["DWH_NOTIFY"] = url
            for number, each in enumerate(others, 1):
                before = self._published(), len(failures)
                self._drop(each["folder"])
                start = time.monotonic()
                exit_code = self._night(kills.get(number))
                yield Night(
                    name=each["folder"],
                    kind=each["kind"],
                    exit_code=exit_code,
                    published=self._published() - before[0],
                    told=len(failures) - before[1],
                    seconds=time.monotonic() - start,
                )
            del self._environment["DWH_NOTIFY"]

    def left(self) -> dict[str, list[str]]:
        """The batches in the inbox and its folders."""
        return {
            place: sorted(path.name for path in (self._inbox / place).glob("2*"))
            for place in (".", "done", "refused")
        }

    def compare_with_a_full_load(self) -> str:
        """Load everything at once, with the keys that are held; what compare says.

        Raises:
            CalledProcessError: Something differs.
        """
        grown = self._database.with_name("grown.db")
        shutil.copy(self._database, grown)
        self._run("build", "--raw", str(self._days / "full"), *self._to)
        return self._run("compare", str(grown), str(self._database))

    def _drop(self, name: str) -> None:
        """As a shop should: a batch has its name when it is complete."""
        hidden = self._inbox / f".{name}"
        shutil.copytree(self._days / name, hidden)
        (hidden / COMPLETE).touch()
        hidden.rename(self._inbox / name)

    def _published(self) -> int:
        return sum(run.outcome == PUBLISHED for run in runs(self._engine))

    def _night(self, kill_at: str | None) -> int:
        with subprocess.Popen(
            [*self._command, "night", str(self._inbox), *self._to],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if kill_at is not None and kill_at in line:
                    process.kill()
        return process.returncode

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=ROOT,
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stderr.splitlines()[-1]


@contextmanager
def failures_told() -> Iterator[tuple[str, list[str]]]:
    """A webhook on this machine, and the failures that it was told of."""
    failures: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if message["type"] == "failure":
                failures.append(message["title"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"json://127.0.0.1:{server.server_port}/", failures
    finally:
        server.shutdown()
        server.server_close()


def main() -> int:
    """Run the month; 1 where a night was not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.unattended_nights")
    parser.add_argument("--target", default="sqlite")
    parser.add_argument("--days", default="30")
    parser.add_argument("--customers", default="1000")
    parser.add_argument("folder", type=Path, help="an empty one, or a new one")
    options = parser.parse_args()
    days = options.folder / "days"
    shop_options = ("--products", "100", "--days", options.days, "--out", str(days))
    if generate(["--customers", options.customers, *shop_options]) != 0:
        return 1
    shop = Shop(options.folder, days, options.target)
    nights = []
    for night in shop.nights(KILLS):
        nights.append(night)
        print(night, "" if night.is_as_it_should else "WRONG", flush=True)
    left = shop.left()
    print_table(
        f"{len(nights)} nights on {options.target}",
        ("what", "nights"),
        [
            ("published", str(sum(night.published for night in nights))),
            ("people were told", str(sum(night.told for night in nights))),
            ("killed", str(sum(night.exit_code < 0 for night in nights))),
            *(
                (f"batches in {place}", str(len(found)))
                for place, found in left.items()
            ),
            ("seconds", f"{sum(night.seconds for night in nights):.0f}"),
        ],
    )
    print(shop.compare_with_a_full_load())
    return int(bool(left["."]) or not all(night.is_as_it_should for night in nights))


if __name__ == "__main__":
    sys.exit(main())
