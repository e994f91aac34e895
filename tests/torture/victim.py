"""The server of `children`: forks, arms the shim in the fork, runs a command there."""

import atexit
import ctypes
import gc
import importlib
import json
import os
import random
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import pyarrow
import scipy.special  # noqa: F401  (beyond the year 2262 numpy is imported in vain)

import pipeline.__main__ as command_line
from pipeline.commands import build
from pipeline.dbt.project import Project
from tests.torture import generations

_MOST_SECONDS = 120
_STANDARD = {"stdout": 1, "stderr": 2}


def pipeline(*arguments: str) -> int:
    """The pipeline's own command line."""
    return command_line.main(arguments)


def without_dbt(*arguments: str) -> int:
    """The same, with a few tables in place of what dbt builds."""
    generations.replace_models()
    return command_line.main(arguments)


def on_project(folder: str, *arguments: str) -> int:
    """The same, on another dbt project."""
    project = Project(Path(folder), "1", {}, {})
    build.find_project = lambda _: project
    try:
        return command_line.main(arguments)
    finally:
        # Or a process that stays behind tells of the locks that dbt has left.
        atexit._run_exitfuncs()


TASKS: Mapping[str, Callable[..., int]] = {
    "pipeline": pipeline,
    "without_dbt": without_dbt,
    "on_project": on_project,
}


class Shim:
    """The preloaded library, seen from Python."""

    def __init__(self, path: str) -> None:
        self._library = ctypes.CDLL(path)

    def arm(self, strike: Mapping[str, Any], report: int) -> None:
        """Count from now on, and let fail what is asked for."""
        self._library.torture_arm(
            os.fsencode(strike["folder"]),
            ctypes.c_long(strike["first"]),
            ctypes.c_long(strike["last"]),
            strike["error"],
            report,
        )

    def set_clock(self, off: int, step: int) -> None:
        """Let the wall clock be off, by so much more each time it is read."""
        self._library.torture_clock(ctypes.c_long(off), ctypes.c_long(step))


def main(library: str, *modules: str) -> int:
    """Answer requests until there are no more.

    Args:
        library: The shim's path; empty where there is none.
        modules: What else commands need, imported once for all of them.
    """
    shim: Shim | None = None
    if library:
        if os.environ.get("LD_PRELOAD") != library:
            os.environ["LD_PRELOAD"] = library
            os.execv(  # noqa: S606
                sys.executable,
                [sys.executable, "-m", __spec__.name, library, *modules],
            )
        shim = Shim(library)
        # For the command itself, and not for what it starts.
        del os.environ["LD_PRELOAD"]
    # With one thread to work with, DuckDB does everything in the same order each time.
    os.sched_setaffinity(0, {random.choice(list(os.sched_getaffinity(0)))})  # noqa: S311
    _import_first(modules)
    # What is there is not looked at again by each fork, which would copy its pages.
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _leave(_command(request, shim))
        status = os.waitpid(child, os.WUNTRACED)[1]
        if os.WIFSTOPPED(status):
            print('{"stopped": true}', flush=True)
            sys.stdin.readline()
            os.kill(child, signal.SIGCONT)
            status = os.waitpid(child, 0)[1]
        answer = {"exit_code": os.waitstatus_to_exitcode(status)}
        print(json.dumps(answer), flush=True)
    return 0


def _import_first(modules: Sequence[str]) -> None:
    """What commands import when they need it, once for all of them."""
    for module in modules:
        importlib.import_module(module)
    for target in ("sqlite", "duckdb", "postgres"):
        with suppress(ImportError):
            importlib.import_module(f"pipeline.warehouse.{target}.engine")
    # Its first array has pyarrow import pandas, nine tenths of a small load.
    pyarrow.array([""])


def _leave(exit_code: int) -> NoReturn:
    """End as the interpreter ends, without the time that it takes to tidy up."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError:
        exit_code = 120
    os._exit(exit_code)


def _command(request: Mapping[str, Any], shim: Shim | None) -> int:
    signal.alarm(_MOST_SECONDS)  # what hangs dies, and is seen to
    # The server's own input and output stay out of the command's reach.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(request.get("environment", {}))
    os.chdir(request.get("folder", "."))
    for name, handle in _STANDARD.items():
        _point(handle, request[name])
    for stream in (sys.stdout, sys.stderr):
        # As PYTHONIOENCODING does, which is read when the interpreter starts.
        stream.reconfigure(encoding=request.get("encoding", "utf-8"))
    # The interpreter gives up a closed output only when it starts: the same here.
    for name in _STANDARD:
        if request[name] == "closed":
            setattr(sys, name, None)
    if "memory" in request:
        resource.setrlimit(resource.RLIMIT_AS, (request["memory"],) * 2)
    if "clock" in request and shim is not None:
        shim.set_clock(*request["clock"])
    if request["strike"] is not None:
        if shim is None:
            raise RuntimeError("no shim to strike with")
        report = os.open(request["report"], os.O_WRONLY | os.O_APPEND)
        shim.arm(request["strike"], report)
    try:
        return TASKS[request["task"]](*request["command"])
    except SystemExit as stop:  # argparse
        return int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1


def _point(handle: int, where: str) -> None:
    """Point a standard output to a file, to nothing, or to a pipe without a reader."""
    if where == "closed":
        os.close(handle)
        return
    if where == "broken":
        reader, writer = os.pipe()
        os.close(reader)
        os.dup2(writer, handle)
        os.close(writer)
        return
    opened = os.open(where, os.O_WRONLY | os.O_APPEND)
    os.dup2(opened, handle)
    os.close(opened)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _leave(main(*sys.argv[1:]))
