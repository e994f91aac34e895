"""The dbt project that the pipeline builds: where it is, and its variables."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.dbt.variables import RULES, read_rules, read_variables, read_yaml
from pipeline.errors import PipelineError

PROJECT_NAME = "ecommerce_dwh"
PROJECT_FILE = "dbt_project.yml"
# The checkout that this package belongs to.
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Project:
    """The project's folder, version and variables.

    Attributes:
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
    try:
        settings = read_yaml((ROOT / PROJECT_FILE).read_text("utf-8"))
    except OSError:
        raise PipelineError(
            f"there is no dbt project in {ROOT}; run from a checkout of the "
            "repository, installed with: pip install -e ."
        ) from None
    except ValueError as error:
        raise PipelineError(
            f"{ROOT / PROJECT_FILE}: {error}; see what was changed there: git diff"
        ) from None
    rules = read_rules(settings)
    defaults = {n: v for n, v in settings["vars"].items() if n != RULES}
    try:
        written = read_yaml(variables) if variables else {}
    except ValueError as error:
        raise PipelineError(
            f"--vars {str(variables)[:80]!r}: {error}; "
            "write it like '{currency: EUR}'"
        ) from None
    known = read_variables(defaults, rules, PROJECT_FILE)
    given = read_variables(written, rules, "--vars")
    return Project(ROOT, str(settings["version"]), {**known, **given}, given)
