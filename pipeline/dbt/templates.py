"""Jinja's templates, compiled once for all builds.

Jinja writes Python for each macro, model and test, and Python compiles it: seven
hundred times a run. The code is kept beside the parsed project, as Python keeps its
own beside a module.
"""

import hashlib
import marshal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CodeType
from typing import Any

import jinja2

# Code is of one Jinja and one Python.
_VERSIONS = f"{jinja2.__version__} {sys.version}"


# More than this come of many changes to the project: its file is begun again.
_MOST_TEMPLATES = 10_000


@contextmanager
def compiled_templates(target_path: Path) -> Iterator[None]:
    """Let Jinja use what builds compiled before for a while, and keep what it adds.

    Args:
        target_path: Where dbt puts its files for one database; no other build uses it.
    """
    path = target_path.parent / "templates.marshal"
    stock = jinja2.Environment.compile
    known, used = _read(path), dict[bytes, CodeType]()

    def compiled(environment: jinja2.Environment, source: Any, *rest: Any) -> Any:
        if rest or not isinstance(source, str):
            return stock(environment, source, *rest)
        # Its class decides on what an environment makes of a source.
        kind = type(environment).__name__
        key = hashlib.sha256(f"{_VERSIONS} {kind} {source}".encode()).digest()
        code = known.get(key) or stock(environment, source)
        used[key] = code
        return code

    setattr(jinja2.Environment, "compile", compiled)  # noqa: B010
    try:
        yield
    finally:
        setattr(jinja2.Environment, "compile", stock)  # noqa: B010
        if not used.keys() <= known.keys():
            # A full disk is no reason to fail: they are compiled again.
            with suppress(OSError):
                fresh = target_path / path.name
                fresh.write_bytes(marshal.dumps({**known, **used}))
                fresh.replace(path)


def _read(path: Path) -> dict[bytes, CodeType]:
    try:
        known: dict[bytes, CodeType] = marshal.loads(path.read_bytes())  # noqa: S302
    except (OSError, EOFError, ValueError, TypeError):
        return {}
    return known if len(known) <= _MOST_TEMPLATES else {}
