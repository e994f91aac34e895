"""Tell the person or the log what is happening, on standard error.

At a terminal: rich's bars. Anywhere else: plain lines with a timestamp, that read
well in the log of cron or systemd.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from pipeline.terminal.printable import printable

# A plain log gets a line about long work at most this often.
_LOG_SECONDS = 30.0


class Task:
    """One piece of work whose progress is followed; this one says nothing."""

    def advance(self, amount: int) -> None:
        """So much more of the total is done."""

    def expect(self, total: int, name: str) -> None:
        """The total became known; from now on the work has another name."""

    def doing(self, what: str) -> None:
        """What is being done right now."""


class Reporter:
    """Lines of news, and tasks with progress; this one says nothing.

    Attributes:
        warnings: All that were given.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def say(self, text: str) -> None:
        """One line of news."""

    def warn(self, text: str) -> None:
        """One line that somebody should look at."""
        self.warnings.append(printable(text))
        self.say(f"warning: {text}")

    @contextmanager
    def task(self, name: str, total: int, *, steps: bool = False) -> Iterator[Task]:
        """Follow one piece of work.

        Args:
            name: What is being done, as a noun or a verb's -ing form.
            total: In bytes, or in steps.
            steps: Whether the total counts steps, shown as "3/40".
        """
        del name, total, steps
        yield Task()


class LogReporter(Reporter):
    """Plain lines with timestamps, for logs."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def say(self, text: str) -> None:
        """One line with the time."""
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        print(now, printable(text), file=self._stream, flush=True)

    @contextmanager
    def task(self, name: str, total: int, *, steps: bool = False) -> Iterator[Task]:
        """A line now, and one now and then."""
        self.say(name)
        yield _LogTask(self, name, total, steps=steps)


class _LogTask(Task):
    def __init__(self, log: LogReporter, name: str, total: int, *, steps: bool) -> None:
        self._log, self._name, self._total, self._steps = log, name, total, steps
        self._done = 0
        self._what = ""
        self._logged = time.monotonic()

    def advance(self, amount: int) -> None:
        self._done += amount
        now = time.monotonic()
        if now - self._logged >= _LOG_SECONDS and self._total:
            self._logged = now
            done = (
                f"{self._done}/{self._total}"
                if self._steps
                else f"{min(100, 100 * self._done // self._total)} %"
            )
            self._log.say(f"{self._name}: {done} {self._what}".rstrip())

    def expect(self, total: int, name: str) -> None:
        self._total, self._name = total, name
        self._log.say(f"{name}: {total} steps")

    def doing(self, what: str) -> None:
        self._what = what


class TerminalReporter(Reporter):
    """Moving bars, for a person at a terminal."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._console = Console(file=stream, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """One line above the bars; a warning begins in colour."""
        line = Text(printable(text))
        line.highlight_regex("^warning:", "yellow")
        self._console.print(line)

    @contextmanager
    def task(self, name: str, total: int, *, steps: bool = False) -> Iterator[Task]:
        """A bar while it lasts."""
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn() if steps else TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[what]}"),
            console=self._console,
            transient=True,
        ) as bars:
            bar = bars.add_task(name, total=total or None, what="")
            yield _TerminalTask(bars, bar)


class _TerminalTask(Task):
    def __init__(self, bars: Progress, bar: TaskID) -> None:
        self._bars, self._bar = bars, bar

    def advance(self, amount: int) -> None:
        self._bars.advance(self._bar, amount)

    def expect(self, total: int, name: str) -> None:
        self._bars.update(self._bar, total=total, description=name)

    def doing(self, what: str) -> None:
        self._bars.update(self._bar, what=escape(printable(what)))


def reporter_for(stream: TextIO) -> Reporter:
    """Bars at a terminal, plain lines elsewhere."""
    return TerminalReporter(stream) if stream.isatty() else LogReporter(stream)
