"""Tell people of a build, by mail, chat or webhook: whatever Apprise can reach.

Whoever asks for it sets `DWH_NOTIFY` to Apprise URLs. They are told by a process of its
own, which is ended after a while: a notifier that is slow, hangs or crashes cannot hold
or break a build. It reads the URLs from its own environment, for they hold passwords,
and says of each only which it was and whether it took the message.

A message is made of our own words, counts and days. No value of a row is in it, as none
is in the record of runs; the log says more.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.build_record import BuildSummary
from pipeline.doubts import Doubt
from pipeline.errors import PipelineError
from pipeline.installation import install
from pipeline.runs import reason_of
from pipeline.terminal.printable import printable
from pipeline.terminal.progress import Reporter

# Apprise URLs, with white space between them.
NOTIFY = "DWH_NOTIFY"
# Set, they are told of good builds too.
NOTIFY_ALL = "DWH_NOTIFY_ALL"

# All of them are told at once, and have so long. Whoever interrupts a build waits less.
SECONDS = 30.0
SECONDS_WHEN_INTERRUPTED = 5.0

_MOST_TITLES = 10
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Message:
    """What people are told.

    Attributes:
        kind: `failure`, `warning`, `success` or `info`, as Apprise has them.
    """

    kind: str
    title: str
    body: str


@dataclass
class News:
    """What is known of a build while it goes on.

    Attributes:
        database: The file or schema, without the folder, which may name a person.
        work: What is done to it.
        summary: What was published last; None until then.
        doubts: What is newly odd about all that was.
    """

    database: str = "the warehouse"
    work: str = "build"
    summary: BuildSummary | None = None
    doubts: list[Doubt] = field(default_factory=list)

    def add(self, summary: BuildSummary) -> None:
        """A build was published."""
        self.summary = summary
        self.doubts += [
            each for each in summary.doubts if each.since == summary.info.built_at
        ]

    def failed(self, error: BaseException) -> Message:
        """Of what did not do all that was asked for."""
        is_interrupted = isinstance(error, KeyboardInterrupt)
        left = "Nothing was published: the warehouse is as it was."
        if self.summary is not None:
            left = "All else is published."
        return Message(
            "failure",
            f"{self.database}: the {self.work} "
            + ("was interrupted" if is_interrupted else "failed"),
            ("" if is_interrupted else f"Why: {reason_of(error)}.\n")
            + "\n".join([*self._odd(), f"{left} The log says more."]),
        )

    def published(self, summary: BuildSummary) -> Message:
        """Of a build that was published: what is odd, and its counts."""
        rejected = sum(each.rows for each in summary.rejected_rows)
        counts = (
            f"{sum(summary.tests.values()):,} tests, {rejected:,} rows rejected, "
            f"{summary.seconds:,.0f} seconds."
        )
        if not self.doubts:
            return Message("success", f"{self.database}: built and published", counts)
        more = "The Data health page and the log say more."
        return Message(
            "warning",
            f"{self.database}: published, but look at it",
            "\n".join([*self._odd(), counts, more]),
        )

    def _odd(self) -> list[str]:
        """A line for each kind of doubt, without a figure and a value of a row."""
        titles = Counter(each.title for each in self.doubts)
        lines = [
            f"- {title}" + (f" ({count:,} times)" if count > 1 else "")
            for title, count in list(titles.items())[:_MOST_TITLES]
        ]
        if len(titles) > len(lines):
            lines.append(f"- {len(titles) - len(lines):,} more")
        return lines


@contextmanager
def told(reporter: Reporter) -> Iterator[News]:
    """Tell people what becomes of a build. Neither stops it, nor hides its error."""
    news = News()
    _warn_if_missing(reporter)
    try:
        yield news
    except BaseException as error:
        if not isinstance(error, KeyboardInterrupt):
            tell(news.failed(error), reporter)
        elif not sys.stderr.isatty():  # whoever sits there knows
            tell(news.failed(error), reporter, SECONDS_WHEN_INTERRUPTED)
        raise
    if news.summary is not None and (news.doubts or os.environ.get(NOTIFY_ALL)):
        tell(news.published(news.summary), reporter)


def tell(message: Message, reporter: Reporter, seconds: float | None = None) -> bool:
    """Tell everybody, and warn of those who could not be told.

    Args:
        message: What they are told.
        reporter: Warned, in words that name no URL.
        seconds: How long that may take; SECONDS.

    Returns:
        Whether all were told; True also where there is nobody to tell.
    """
    if not _urls() or find_spec("apprise") is None:
        return not _urls()
    try:
        faults = _ask_notifier(message, SECONDS if seconds is None else seconds)
    except Exception as error:  # whatever it is, the build is worth more
        reporter.warn(f"{NOTIFY}: nobody could be told: {type(error).__name__}")
        return False
    for place, fault in enumerate(faults, 1):
        if fault is not None:
            reporter.warn(f"{NOTIFY}, URL {place} of {len(faults)}: {fault}")
    return not any(faults)


def send_text(text: str | None, reporter: Reporter) -> None:
    """Tell everybody what a scheduler has to say, or that they will be told.

    Raises:
        PipelineError: There is nobody to tell, or somebody could not be told.
    """
    if not _urls():
        raise PipelineError(
            f"nobody is to be told: set {NOTIFY} to URLs as Apprise has them, such as "
            "mailto://user:password@example.org"
        )
    if find_spec("apprise") is None:
        raise PipelineError(f"{NOTIFY} needs: {install('notify')}")
    message = Message("info", "a trial", "You will be told of builds that go wrong.")
    if text is not None:
        message = Message("failure", "the schedule", text)
    if not tell(message, reporter):
        raise PipelineError("not everybody could be told; try a URL with: apprise -vv")


def _urls() -> list[str]:
    return os.environ.get(NOTIFY, "").split()


def _warn_if_missing(reporter: Reporter) -> None:
    if _urls() and find_spec("apprise") is None:
        reporter.warn(f"{NOTIFY}: nobody is told: {install('notify')}")


def _ask_notifier(message: Message, seconds: float) -> list[str | None]:
    """What was wrong with each URL; None where it took the message."""
    notifier = subprocess.Popen(
        [sys.executable, "-m", "pipeline.notify"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a library's complaints may hold a URL
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = notifier.communicate(json.dumps(asdict(message)), timeout=seconds)
        silent = "the notifier ended without an answer"
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode("utf-8", "replace")
        silent = f"no answer within {seconds:g} seconds"
    finally:
        with suppress(ProcessLookupError):  # and whatever it started
            os.killpg(notifier.pid, signal.SIGKILL)
        notifier.wait()
    said = (line for line in output.splitlines() if line.endswith("}"))
    faults = {each["place"]: each["fault"] for each in map(json.loads, said)}
    return [faults.get(place, silent) for place in range(1, len(_urls()) + 1)]


def _tell_each(message: Mapping[str, Any]) -> None:
    """What the notifier's own process does: tell all at once, say what came of each."""
    import apprise

    asset = apprise.AppriseAsset(app_id="warehouse", app_desc="E-commerce warehouse")
    saying = threading.Lock()

    def tell_one(place: int, url: str) -> None:
        fault: str | None
        try:
            service = apprise.Apprise.instantiate(url, asset=asset)
            if service is None:
                fault = "Apprise does not know such a URL; see how it writes them"
            else:
                is_told = service.notify(
                    body=message["body"],
                    title=message["title"],
                    notify_type=apprise.NotifyType(message["kind"]),
                )
                fault = None if is_told else f"{service.service_name} did not take it"
        except Exception as error:
            fault = type(error).__name__
        with saying:
            said = {"place": place, "fault": fault and printable(fault)}
            print(json.dumps(said), flush=True)

    threads = [
        threading.Thread(target=tell_one, args=each) for each in enumerate(_urls(), 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    _tell_each(json.load(sys.stdin))
