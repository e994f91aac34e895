"""How the program came here, as a clone or as a package, and so what people type."""

import hashlib
import os
import sys
from pathlib import Path, PurePath

from pipeline.errors import PipelineError

DISTRIBUTION = "ecommerce-data-warehouse"
COMMAND = "shop-dwh"

_PACKAGE = Path(__file__).resolve().parent
# Where a wheel has the dbt project, which stands beside this package in a clone.
_PACKAGED = _PACKAGE / "dbt_project"
IS_INSTALLED = _PACKAGED.is_dir()
PROJECT_ROOT = _PACKAGED if IS_INSTALLED else _PACKAGE.parent
DASHBOARD = _PACKAGE.parent / "dashboard" / "app.py"


def program() -> str:
    """What is typed to start this program."""
    is_typed = PurePath(sys.argv[0]).stem == COMMAND
    return COMMAND if IS_INSTALLED or is_typed else "python -m pipeline"


def typed(arguments: str) -> str:
    """What is typed to run a command, such as `build`."""
    return f"{program()} {arguments}"


def install(extra: str) -> str:
    """What is typed to install what an extra adds."""
    return f"pip install '{DISTRIBUTION if IS_INSTALLED else '.'}[{extra}]'"


def is_clone(folder: Path) -> bool:
    """Whether a folder is a clone of this project."""
    names = ("dbt_project.yml", "pipeline/__main__.py")
    return all((folder / name).is_file() for name in names)


def files_of_dbt(root: Path) -> Path:
    """Where dbt keeps what it parses, compiles and logs for the builds of a project.

    A clone has them in its `target`. A package may not be written to, so its are in the
    user's cache, apart from those of another installation.

    Raises:
        PipelineError: There is no telling where the user's cache is.
    """
    if root != _PACKAGED:
        return root / "target" / "build"
    cache = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = Path(cache) if cache else Path.home() / ".cache"
    except RuntimeError:
        raise PipelineError(
            "there is no home folder to keep dbt's files in; set XDG_CACHE_HOME to a "
            "folder"
        ) from None
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    return folder.absolute() / COMMAND / name


def make_folder(folder: Path) -> None:
    """Make a folder for dbt's files, if it is not there.

    Raises:
        PipelineError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        advice = "; set XDG_CACHE_HOME to another folder" if IS_INSTALLED else ""
        raise PipelineError(
            f"the folder {folder} for dbt's files cannot be made: {error.strerror}"
            f"{advice}"
        ) from None
