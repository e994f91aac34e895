"""sqlfluff, which compiles every macro twice for each model: here each once.

That was half of its time, and a fifth of the rest was Python's collector, which walked
what is parsed again and again for nothing. Its arguments are sqlfluff's.
"""

import gc
from types import CodeType
from typing import Any

from jinja2 import Environment
from sqlfluff.cli.commands import cli

_compile = Environment.compile
_compiled: dict[tuple[Any, ...], CodeType] = {}


def _compile_once(environment: Environment, *template: Any) -> CodeType:
    """Compile a template; the environments of all models are alike."""
    key = (*template, *sorted(environment.extensions))
    if key not in _compiled:
        _compiled[key] = _compile(environment, *template)
    return _compiled[key]


# Here, so that both hold in the processes that this one starts too.
gc.disable()
Environment.compile = _compile_once  # type: ignore[method-assign, assignment]

if __name__ == "__main__":
    cli()
