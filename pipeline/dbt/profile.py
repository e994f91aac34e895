"""The connection settings of `profiles.yml`, for code that connects without dbt."""

import os
from typing import Any

import jinja2
import yaml  # type: ignore[import-untyped]

from pipeline.dbt.project import PROJECT_NAME
from pipeline.installation import PROJECT_ROOT


def target_settings(target: str) -> dict[str, Any]:
    """One output of the profile, its environment variables filled in."""
    # The text is the project's own, and YAML needs no HTML escapes.
    text = (PROJECT_ROOT / "profiles.yml").read_text()
    template = jinja2.Template(text, autoescape=False)
    profiles = yaml.safe_load(template.render(env_var=os.environ.get))
    settings: dict[str, Any] = profiles[PROJECT_NAME]["outputs"][target]
    return settings
