"""Run a command as a child process and say what it cost; describe the machine.

Keep what this process itself imports small: a child starts with its parent's peak
memory, so a large parent would hide a small child's.
"""

import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# ru_maxrss is in kilobytes on Linux and in bytes on macOS.
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Measurement:
    """What one child process took.

    Attributes:
        wall: Seconds from start to end.
        cpu: Seconds of CPU, the system's included, of the child and its children.
        peak_megabytes: Largest resident memory of any one process among them.
        output: What it printed on standard output.
        errors: What it printed on standard error.
        exit_code: 0 if it succeeded.
    """

    wall: float
    cpu: float
    peak_megabytes: float
    output: str
    errors: str
    exit_code: int

    @property
    def complaint(self) -> str:
        """The last line that a failed child left."""
        lines = (self.errors.strip() or self.output.strip()).splitlines()
        return lines[-1] if lines else f"exit code {self.exit_code}"


def measure(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Measurement:
    """Run ``python ARGUMENTS`` in a folder and measure it.

    Args:
        arguments: What follows the interpreter, such as ``["-m", "generator"]``.
        folder: Where it runs.
        environment: Variables on top of this process's own.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        return Measurement(
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            peak_megabytes=usage.ru_maxrss * MAXRSS_BYTES / 1e6,
            output=output.read().decode(errors="replace"),
            errors=errors.read().decode(errors="replace"),
            exit_code=child.returncode,
        )


def describe_machine() -> str:
    """Return one line: processor, cores, memory, system, Python, SQLite."""
    processor = platform.processor() or platform.machine()
    if (cpuinfo := Path("/proc/cpuinfo")).exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    return (
        f"{processor}, {cores or os.cpu_count()} cores, {memory:.0f} GiB,"
        f" {platform.system()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}"
    )
