"""The connection settings of `profiles.yml`, for code that connects without dbt."""

import os
from pathlib import Path
from typing import Any

import jinja2
import yaml  # type: ignore[import-untyped]

from pipeline.dbt.project import PROJECT_NAME


def target_settings(target: str) -> dict[str, Any]:
    """One output of the profile, its environment variables filled in.

    Args:
        target: The name of an output.
    """
    path = Path(__file__).resolve().parents[2] / "profiles.yml"
    # The text is the project's own, and YAML needs no HTML escapes.
    template = jinja2.Template(path.read_text("utf-8"), autoescape=False)
    outputs = yaml.safe_load(template.render(env_var=_env_var))[PROJECT_NAME]["outputs"]
    settings: dict[str, Any] = outputs[target]
    return settings


def _env_var(name: str, default: str) -> str:
    return os.environ.get(name, default)
