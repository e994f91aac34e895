"""Commands of the pipeline in processes of their own, with faults or limits on them.

One server process has imported everything and forks for each command, so that a
command costs milliseconds and may be killed, starved or crash.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pipeline.night import BatchesRefusedError

ROOT = Path(__file__).resolve().parents[2]
# What a terminal would obey: not the line feed.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_ENOUGH_BYTES = 1 << 28
KILL = -1
STOP = -2
FOR_EVER = 1 << 40


@dataclass(frozen=True)
class Strike:
    """Which file operations of a command are to fail, and how.

    Attributes:
        folder: Operations below this folder are counted; `socket:` counts messages.
        first: The number of the first operation that fails.
        last: The number of the last one.
        error: The errno, or `KILL`, or `STOP` to be stopped for a while; 0 lets
            everything pass.
    """

    folder: str
    first: int = 1
    last: int = FOR_EVER
    error: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of a command.

    Attributes:
        exit_code: As of a shell; negative for the signal that ended it.
        operations: The operation that failed first, as its name and its file; all of
            them where everything was let pass.
        stdout: What it printed, where that could be kept.
        stderr: The same of its errors.
    """

    exit_code: int
    operations: tuple[str, ...]
    stdout: str
    stderr: str

    @property
    def last_line(self) -> str:
        """The last line on standard error."""
        return (self.stderr.splitlines() or [""])[-1]

    def untidy(self) -> str | None:
        """What is wrong with how a command ended that was not killed."""
        if self.exit_code < 0:
            return f"died of signal {-self.exit_code}: {self.stderr[-300:]}"
        if "Traceback" in self.stderr or "Exception ignored" in self.stderr:
            return f"a traceback: {self.stderr[-700:]}"
        if _CONTROL.search(self.stdout + self.stderr):
            return f"control characters: {self.stderr[-300:]!r}"
        if self.exit_code not in (0, 1, BatchesRefusedError.exit_code):
            return f"exit code {self.exit_code}: {self.stderr[-300:]}"
        if (self.exit_code != 0) != (" failed: " in self.last_line):
            return f"exit code {self.exit_code}, but it says: {self.last_line!r}"
        return None


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder for a while, in memory where there is enough of it."""
    memory = Path("/dev/shm")  # noqa: S108
    is_there = memory.is_dir() and shutil.disk_usage(memory).free > _ENOUGH_BYTES
    with tempfile.TemporaryDirectory(
        prefix="torture-", dir=memory if is_there else None
    ) as name:
        yield Path(name)


class Children:
    """The server, started when the first command is run, until `close`.

    Args:
        modules: What its commands import beside the pipeline.
    """

    def __init__(self, *modules: str) -> None:
        self._modules = modules
        self._open = ExitStack()
        self._folder = self._open.enter_context(quick_folder())
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def shim(self) -> Path | None:
        """The compiled shim; None without a C compiler."""
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None or sys.platform != "linux":
            return None
        library = self._folder / "fault_shim.so"
        source = Path(__file__).with_name("fault_shim.c")
        subprocess.run(
            [*(compiler, "-shared", "-fPIC", "-O2", "-o"), library, source, "-ldl"],
            check=True,
        )
        return library

    def run(
        self,
        *command: str,
        strike: Strike | None = None,
        task: str = "pipeline",
        when_stopped: Callable[[], None] = lambda: None,
        **settings: Any,
    ) -> Outcome:
        """Run one command to its end.

        Args:
            command: The arguments of `python -m pipeline`, or of another task.
            strike: What is to fail.
            task: A function of `tests.torture.victim`.
            when_stopped: Called while a strike has stopped the process.
            settings: Of the process: `stdout` and `stderr` (a path, `closed` or
                `broken`), `encoding`, `environment`, `memory` (bytes), `folder`,
                `clock` (seconds off, and more seconds off each time it is read).
        """
        server = self._server or self._start()
        assert server.stdin is not None
        assert server.stdout is not None
        names = ("stdout", "stderr", "report")
        files = {name: self._folder / name for name in names}
        for path in files.values():
            path.write_bytes(b"")
        request = {
            **{name: str(path) for name, path in files.items()},
            **settings,
            "task": task,
            "command": command,
            "strike": asdict(strike) if strike else None,
        }
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        if answer.get("stopped"):
            when_stopped()
            server.stdin.write("\n")
            server.stdin.flush()
            answer = json.loads(server.stdout.readline())
        texts = {
            name: path.read_text("utf-8", "backslashreplace")
            for name, path in files.items()
        }
        operations = tuple(texts.pop("report").splitlines())
        return Outcome(**answer, **texts, operations=operations)

    def _start(self) -> subprocess.Popen[str]:
        self._server = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.torture.victim"),
                *(str(self.shim or ""), *self._modules),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self._server

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.communicate()
        self._open.close()
