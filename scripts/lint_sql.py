"""sqlfluff, which compiles every macro twice for each model: here each once.

That was half of its time. Its arguments are sqlfluff's.
"""

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


# Here, so that it holds in the processes that this one starts too.
Environment.compile = _compile_once  # type: ignore[method-assign, assignment]

if __name__ == "__main__":
    cli()
