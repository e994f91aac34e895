"""Another dbt project that has this one as a package: where its models are.

dbt itself reads that project and its profile, as it would for its own commands.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.dbt.oddities import plain_message
from pipeline.dbt.project import PROJECT_FILE, PROJECT_NAME
from pipeline.dbt.variables import read_yaml
from pipeline.environment import environment_with
from pipeline.errors import PipelineError
from pipeline.warehouse import engine_for
from pipeline.warehouse.engine import Engine

# A model of ours that the fit reads.
_MODEL = f"model.{PROJECT_NAME}.int_clv_fits"
_SOURCE = f"source.{PROJECT_NAME}.predictions."

# What libpq calls the settings of a profile.
_LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "database": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
}


@contextmanager
def warehouse_of(
    folder: Path, profiles_dir: str | None, target: str | None, variables: str | None
) -> Iterator[Engine]:
    """The schema of a project in which our models are, to be written to in place.

    Args:
        folder: The project's folder.
        profiles_dir: Where its `profiles.yml` is; where dbt would look by default.
        target: A target of its profile; the profile's default.
        variables: YAML that sets variables of the project.

    Raises:
        PipelineError: There is no such project, dbt cannot read it, our models are no
            part of it, or its target is of an engine that no fit can write to.
    """
    if not (folder / PROJECT_FILE).is_file():
        raise PipelineError(f"there is no dbt project in {folder} (no {PROJECT_FILE})")
    try:
        given = read_yaml(variables) if variables else {}
    except ValueError as error:
        raise PipelineError(f"--vars: {error}; write it like '{{a: b}}'") from None
    options = ["--project-dir", str(folder.absolute())]
    if profiles_dir:
        options += ["--profiles-dir", str(Path(profiles_dir).absolute())]
    elif (folder / "profiles.yml").is_file() and "DBT_PROFILES_DIR" not in os.environ:
        options += ["--profiles-dir", str(folder.absolute())]
    if target:
        options += ["--target", target]
    if variables:
        options += ["--vars", variables]
    manifest, credentials = _read(folder, options, target, given)
    database, schema = _place_of_models(folder, manifest)
    kind = credentials.type
    if kind == "postgres":
        with environment_with(_libpq_variables(credentials)):
            yield engine_for(kind, None).in_place(schema)
    elif kind == "duckdb" and _is_file(credentials.path):
        if database != credentials.database:
            raise PipelineError(
                f"the models of {PROJECT_NAME} are in the attached database {database};"
                f" a fit writes to {credentials.path} alone: leave +database out"
            )
        path = str(folder.absolute() / credentials.path)
        yield engine_for(kind, path).in_place(schema)
    elif kind == "sqlite":
        # Of any other schema the views say its name, and its file alone cannot be read.
        if schema != "main":
            raise PipelineError(
                f"the models of {PROJECT_NAME} are in schema {schema}, which is a file "
                "of its own; on SQLite a fit writes to main alone: leave +schema out"
            )
        path = str(folder.absolute() / credentials.schemas_and_paths[schema])
        yield engine_for(kind, path).in_place()
    else:
        path = f" at {credentials.path}" if kind == "duckdb" else ""
        raise PipelineError(
            f"the target is {kind}{path}; a fit writes to PostgreSQL and to files of "
            "DuckDB and SQLite: choose such a target (--target)"
        )


def _read(
    folder: Path, options: list[str], target: str | None, variables: Mapping[str, Any]
) -> tuple[Any, Any]:
    """What dbt has parsed of a project, and the credentials of its target."""
    with _unmoved():
        # Importing dbt takes seconds.
        from dbt.cli.main import dbtRunner
        from dbt.config.runtime import load_profile
        from dbt_common.exceptions import DbtBaseException

        outcome = dbtRunner().invoke(["parse", *options, "--log-level", "none"])
        error = outcome.exception
        try:
            if error is None:
                # By the flags of that command, as dbt itself has read it.
                profile = load_profile(str(folder), dict(variables), None, target)
                return outcome.result, profile.credentials
        except DbtBaseException as raised:
            error = raised
    raise PipelineError(f"dbt stopped: {plain_message(str(error))}")


def _place_of_models(folder: Path, manifest: Any) -> tuple[str, str]:
    """Database and schema of our models, beside which their predictions are."""
    model = manifest.nodes.get(_MODEL)
    if model is None:
        raise PipelineError(
            f"the project in {folder} does not have {PROJECT_NAME} as a package; "
            "docs/dbt_package.md says how"
        )
    for unique_id, source in manifest.sources.items():
        if unique_id.startswith(_SOURCE) and source.schema != model.schema:
            raise PipelineError(
                f"the models of {PROJECT_NAME} are in schema {model.schema} and its "
                f"predictions would be in {source.schema}; set var predictions_schema "
                f"to {model.schema}"
            )
    return str(model.database), str(model.schema)


def _is_file(path: str) -> bool:
    return path != ":memory:" and "://" not in path and not path.startswith("md:")


def _libpq_variables(credentials: Any) -> dict[str, str]:
    values = {
        name: str(getattr(credentials, key))
        for key, name in _LIBPQ.items()
        if getattr(credentials, key, None) not in (None, "")
    }
    if credentials.role:
        values["PGOPTIONS"] = f"-c role={credentials.role}"
    return values


@contextmanager
def _unmoved() -> Iterator[None]:
    """Undo that dbt moves into the project's folder; it sees no arguments of ours."""
    folder, command = Path.cwd(), sys.argv
    sys.argv = command[:1]
    try:
        yield
    finally:
        sys.argv = command
        os.chdir(folder)
