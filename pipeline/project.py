"""The dbt project that the pipeline builds: where it is, and its variables."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from pipeline.errors import PipelineError

PROJECT_NAME = "ecommerce_dwh"
# ISO 4217.
_CURRENCY_CODE = re.compile("[A-Z]{3}")


@dataclass(frozen=True)
class Project:
    """The project's folder, version and variables.

    Attributes:
        root: The folder of `dbt_project.yml`.
        version: The project's version.
        variables: Its variables, with those of this build over the defaults.
        given: The variables that were given for this build only.
    """

    root: Path
    version: str
    variables: Mapping[str, Any]
    given: Mapping[str, Any]

    def target_path(self, build_location: str) -> Path:
        """Where dbt keeps its files for builds of one place.

        Each place has its own, apart from the one of bare dbt, so that builds of two
        places do not meet there.
        """
        digest = hashlib.sha256(build_location.encode()).hexdigest()[:12]
        return self.root / "target" / "build" / digest


def find_project(variables: str | None) -> Project:
    """The project that this package belongs to.

    Args:
        variables: YAML that sets variables for this build, such as
            `{as_of_date: 2024-12-31}`.

    Raises:
        PipelineError: The project is not there, or the variables are not its own.
    """
    root = Path(__file__).resolve().parents[1]
    try:
        settings = yaml.safe_load((root / "dbt_project.yml").read_text("utf-8"))
    except OSError:
        raise PipelineError(
            f"there is no dbt project in {root}; run from a checkout of the "
            "repository, installed with: pip install -e ."
        ) from None
    known: dict[str, Any] = settings.get("vars") or {}
    given = _parse_variables(variables)
    for name in given:
        if name not in known:
            raise PipelineError(
                f"--vars: there is no variable {name}; "
                f"choose among {', '.join(sorted(known))}"
            )
    currency = str(given.get("currency", known.get("currency", "USD")))
    if not _CURRENCY_CODE.fullmatch(currency):
        raise PipelineError(
            f"the currency is {currency!r}; write its code of three letters, like EUR"
        )
    return Project(root, str(settings["version"]), {**known, **given}, given)


def _parse_variables(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        # As text, whatever it looks like: YAML would make a date of 2024-12-31.
        parsed = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
        typed = yaml.safe_load(text)
    except yaml.YAMLError:
        parsed = typed = None
    except ValueError as error:  # a day that does not exist
        raise PipelineError(
            f"--vars {text!r}: {error}; write a day that exists, like 2024-12-31"
        ) from None
    if not isinstance(parsed, dict) or not isinstance(typed, dict):
        raise PipelineError(
            f"--vars {text!r} is no YAML mapping; write it like '{{currency: EUR}}'"
        )
    return {
        str(name): typed[key] if isinstance(typed[key], int | float) else value
        for (name, value), key in zip(parsed.items(), typed, strict=True)
    }
