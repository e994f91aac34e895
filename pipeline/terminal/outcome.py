"""Do a command's work; whatever goes wrong becomes one last line and an exit code."""

import errno
import os
import sys
import traceback
from collections.abc import Callable

from pipeline.errors import LeftUndoneError, PipelineError
from pipeline.terminal.interrupts import (
    EXIT_INTERRUPTED,
    interruptible,
    is_done,
    is_requested,
)
from pipeline.terminal.output import unfailing_output
from pipeline.terminal.printable import printable

EXIT_FAILED = 1
WAREHOUSE_STAYS = "the published warehouse is as it was"
# Set, it shows where in the program an error came from.
DEBUG = "DWH_DEBUG"
_DISK_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


def run(
    name: str,
    work: Callable[[], object],
    if_interrupted: str = WAREHOUSE_STAYS,
) -> int:
    """Do some work.

    Once it is done (published, loaded), nothing that follows makes it a failure: what
    could not be printed or cleaned up then is a warning, unless it is said to have
    been asked for, by a `LeftUndoneError`.

    Args:
        name: What the last line says was being done.
        work: Raises whatever it likes.
        if_interrupted: What is left by it then.

    Returns:
        The exit code: 0 only if everything was done. Otherwise the last line on
        standard error says what was wrong and what to do.
    """

    def say_interrupted() -> None:
        _print_last(f"{name} was interrupted; {if_interrupted}")

    with unfailing_output() as out:
        code = 0
        try:
            with interruptible(say_interrupted):
                work()
        except (Exception, KeyboardInterrupt) as error:
            if os.environ.get(DEBUG):
                traceback.print_exc()
            # A library may have made an error of its own of an interrupt.
            is_interrupted = is_requested() or isinstance(error, KeyboardInterrupt)
            if not is_done() or isinstance(error, LeftUndoneError):
                code = EXIT_INTERRUPTED if is_interrupted else _exit_code(error)
            if code == EXIT_INTERRUPTED:
                say_interrupted()
            elif code:
                _print_last(f"{name} failed: {_message(error)}")
            elif not is_interrupted:
                _print_last(f"warning: {name} is done, but then: {_message(error)}")
        out.flush()
        if out.fault is not None and code == 0:
            _print_last(
                f"warning: {name} is done; not all that it printed could be written: "
                f"{_message(out.fault)}"
            )
        return code


def _exit_code(error: BaseException) -> int:
    return error.exit_code if isinstance(error, PipelineError) else EXIT_FAILED


def _message(error: BaseException) -> str:
    """What was wrong, and what to do."""
    if isinstance(error, PipelineError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory; end other programs, or use a larger machine"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        is_full = error.errno in _DISK_FULL
        advice = "; free some disk space and run again" if is_full else ""
        return f"{where}{error.strerror or error}{advice}"
    text = " ".join(str(error).split())[:300]
    return (
        f"{type(error).__name__}{f': {text}' if text else ''}; this is a fault of the "
        f"program: {DEBUG}=1 shows where"
    )


def _print_last(text: str) -> None:
    sys.stdout.flush()
    print(printable(text), file=sys.stderr, flush=True)
