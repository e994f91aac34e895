"""The dbt project that the pipeline builds: where it is, and its variables."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.dbt.variables import RULES, Value, read_rules, read_variables, read_yaml
from pipeline.errors import PipelineError
from pipeline.installation import PROJECT_ROOT, files_of_dbt
from pipeline.settings import SETTINGS_FILE, read_settings

PROJECT_NAME = "ecommerce_dwh"
PROJECT_FILE = "dbt_project.yml"
# YAML with variables, as --vars has it.
VARIABLES = "DWH_VARS"


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
        return files_of_dbt(self.root) / _digest(build_location)

    def logs(self, build_location: str) -> Iterator[Path]:
        """The logs of dbt of builds of one place, of other installations too."""
        digest = _digest(build_location)
        yield from files_of_dbt(self.root).parent.glob(f"*/{digest}/dbt.log*")


def _digest(build_location: str) -> str:
    return hashlib.sha256(build_location.encode()).hexdigest()[:12]


def find_project(variables: str | None) -> Project:
    """The project that comes with this package.

    Args:
        variables: YAML that sets variables for this build, such as
            `{as_of_date: 2024-12-31}`, above those of the environment and of the
            settings of the folder.

    Raises:
        PipelineError: The project is not there, or the variables are not its own.
    """
    settings = _read_project()
    rules = read_rules(settings)
    defaults = {n: v for n, v in settings["vars"].items() if n != RULES}
    known = read_variables(defaults, rules, PROJECT_FILE)
    given: dict[str, Any] = {}
    for values, origin in (
        (read_settings().variables, SETTINGS_FILE),
        (_written(os.environ.get(VARIABLES), VARIABLES), VARIABLES),
        (_written(variables, "--vars"), "--vars"),
    ):
        given |= read_variables(values, rules, origin)
    return Project(PROJECT_ROOT, str(settings["version"]), {**known, **given}, given)


def find_rules() -> dict[str, tuple[Value, str]]:
    """The default of each variable of the project, and what it decides."""
    settings = _read_project()
    return {
        name: (rule.value(settings["vars"][name]), rule.description)
        for name, rule in read_rules(settings).items()
    }


def _read_project() -> dict[str, Any]:
    try:
        return read_yaml((PROJECT_ROOT / PROJECT_FILE).read_text("utf-8"))
    except OSError:
        raise PipelineError(
            f"there is no dbt project in {PROJECT_ROOT}; install this program again"
        ) from None
    except ValueError as error:
        raise PipelineError(
            f"{PROJECT_ROOT / PROJECT_FILE}: {error}; see what was changed there: "
            "git diff"
        ) from None


def _written(variables: str | None, origin: str) -> dict[str, Any]:
    try:
        return read_yaml(variables) if variables else {}
    except ValueError as error:
        raise PipelineError(
            f"{origin} {str(variables)[:80]!r}: {error}; "
            "write it like '{currency: EUR}'"
        ) from None
