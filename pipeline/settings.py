"""What `shop_dwh.toml` says in the folder that one works in.

Environment variables go before it, and arguments of the command line before both: each
setting stands for a variable, which is set where it is not set already.
"""

import datetime
import json
import os
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.environment import environment_with
from pipeline.errors import PipelineError
from pipeline.warehouse.location import SERVERS, TARGETS

SETTINGS_FILE = "shop_dwh.toml"
# The platform that `--from` means where it names none.
PLATFORM = "DWH_PLATFORM"
# The table of the variables of `dbt_project.yml`.
VARS = "vars"

_KINDS = {str: "a text", int: "a whole number", bool: "true or false"}


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        key: Its name, after that of its table where it is in one.
        variable: The environment variable that it stands for.
        example: A value, of the type that it must have.
    """

    key: str
    variable: str
    example: str | int | bool
    description: str


SETTINGS = (
    Setting("target", "DWH_TARGET", "sqlite", f"The engine: {', '.join(TARGETS)}."),
    Setting(
        "database",
        "DWH_DATABASE",
        "ecommerce_dwh.db",
        "The warehouse: a file, or the schema on a server (DWH_SCHEMA).",
    ),
    Setting(
        "platform", PLATFORM, "shopify", "The platform whose exports --from reads."
    ),
    Setting(
        "show_pii",
        "DWH_SHOW_PII",
        False,
        "Whether the dashboard shows names and addresses unmasked.",
    ),
    Setting(
        "duckdb.memory", "DWH_DUCKDB_MEMORY", "3GB", "The memory that dbt may take."
    ),
    Setting("postgres.host", "PGHOST", "localhost", "The server, or its socket."),
    Setting("postgres.port", "PGPORT", 5432, "Its port."),
    Setting(
        "postgres.user",
        "PGUSER",
        "postgres",
        "Who logs in; the password is in PGPASSWORD or ~/.pgpass.",
    ),
    Setting("postgres.database", "PGDATABASE", "ecommerce_dwh", "The database."),
    Setting(
        "spark.folder",
        "DWH_SPARK_DIR",
        "spark-warehouse",
        "Where tables and catalogue are.",
    ),
    Setting("spark.master", "DWH_SPARK_MASTER", "local[*]", "Its master."),
    Setting(
        "spark.driver_host",
        "DWH_SPARK_DRIVER_HOST",
        "10.0.0.7",
        "This machine, as a cluster's workers reach it; found where this is left out.",
    ),
    Setting(
        "spark.wait",
        "DWH_SPARK_WAIT",
        60,
        "The seconds without any executor after which a build ends.",
    ),
    Setting("spark.memory", "DWH_SPARK_MEMORY", "2g", "The driver's memory."),
    Setting("spark.partitions", "DWH_SPARK_PARTITIONS", 1024, "Of a shuffle, at most."),
    Setting(
        "spark.format",
        "DWH_SPARK_FORMAT",
        "parquet",
        "What is published: views of parquet tables, or iceberg tables.",
    ),
    Setting(
        "spark.jars",
        "DWH_SPARK_JARS",
        "/opt/iceberg-spark-runtime.jar",
        "Jars that Spark needs beside its own, with commas between them.",
    ),
    Setting(
        "spark.remote",
        "SPARK_REMOTE",
        "sc://spark.example.org:15002",
        "A Spark Connect server, in the place of a session here.",
    ),
    Setting(
        "spark.thrift_host",
        "DWH_SPARK_THRIFT_HOST",
        "spark.example.org",
        "A Spark Thrift server, in the place of a session here.",
    ),
    Setting("spark.thrift_port", "DWH_SPARK_THRIFT_PORT", 10000, "Its port."),
    Setting("spark.thrift_user", "DWH_SPARK_THRIFT_USER", "shop", "Who asks it."),
)
_BY_KEY = {setting.key: setting for setting in SETTINGS}
_TABLES = {key.partition(".")[0] for key in _BY_KEY if "." in key}
# A shell would have put the home folder in.
_PATHS = ("database", "spark.folder", "spark.jars")


@dataclass(frozen=True)
class Settings:
    """What a folder's file says.

    Attributes:
        environment: The variables that its settings stand for.
        variables: Variables of the project, as they would be written in YAML.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Set for a while what the environment leaves open."""
        added = {
            name: value
            for name, value in self.environment.items()
            if not os.environ.get(name)
        }
        with environment_with(added):
            yield


def read_settings(folder: Path | None = None) -> Settings:
    """The settings of a folder, by default the current one; none where it has no file.

    Raises:
        PipelineError: The file cannot be read, or something in it is not as it must be.
    """
    path = (folder or Path()) / SETTINGS_FILE
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise PipelineError(
            f"{SETTINGS_FILE} cannot be read: {error.strerror}"
        ) from None
    except UnicodeDecodeError:
        raise PipelineError(f"{SETTINGS_FILE} is not UTF-8; save it as that") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PipelineError(
            f"{SETTINGS_FILE} is not TOML: {error}; write key = value, texts in quotes"
        ) from None
    variables = written.pop(VARS, {})
    if not isinstance(variables, dict):
        raise PipelineError(f"{SETTINGS_FILE}: {VARS} is a table; write [{VARS}]")
    values = {key: _value(key, value) for key, value in _flat(written)}
    is_on_server = values.get("target") in SERVERS
    environment = {_BY_KEY[key].variable: value for key, value in values.items()}
    if is_on_server and "database" in values:
        environment["DWH_SCHEMA"] = environment.pop("DWH_DATABASE")
    return Settings(
        environment,
        {name: _variable(name, value) for name, value in variables.items()},
    )


def settings_text(
    chosen: Mapping[str, str | int | bool], variables: Mapping[str, tuple[Any, str]]
) -> str:
    """A file of settings.

    Args:
        chosen: Values by their keys; all others stand there as a remark.
        variables: The default and the description of each variable of the project.
    """
    lines = [
        "# What holds for the warehouse in this folder. An environment variable goes",
        "# before it, and an argument of the command line before both. Take the # off",
        "# in front of what you set.",
    ]
    table = ""
    for setting in SETTINGS:
        section, _, name = setting.key.rpartition(".")
        if section != table:
            lines += ["", f"[{section}]"]
            table = section
        sign = "" if setting.key in chosen else "#"
        value = chosen.get(setting.key, setting.example)
        lines += [
            "",
            f"# {setting.description} {setting.variable}",
            f"{sign}{name} = {_literal(value)}",
        ]
    lines += ["", "# The variables of the project. DWH_VARS", "[vars]"]
    for name, (default, description) in variables.items():
        remark = textwrap.wrap(f"# {description}", 88, subsequent_indent="# ")
        lines += ["", *remark, f"#{name} = {_literal(default)}"]
    return "\n".join([*lines, ""])


def _flat(written: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The keys of a file, after the names of their tables, and their values."""
    for name, value in written.items():
        if name in _TABLES and isinstance(value, dict):
            yield from ((f"{name}.{key}", each) for key, each in value.items())
        else:
            yield name, value


def _value(key: str, value: Any) -> str:
    """A setting as its environment variable has it."""
    setting = _BY_KEY.get(key)
    if setting is None:
        raise PipelineError(
            f"{SETTINGS_FILE}: there is no setting {key}; choose among "
            f"{', '.join(sorted((*_BY_KEY, VARS)))}"
        )
    kind = type(setting.example)
    if type(value) is not kind or (kind is str and not value.isprintable()):
        shown = _literal(setting.example)
        raise PipelineError(
            f"{SETTINGS_FILE}: {key} is {str(value)[:80]!r}; write {_KINDS[kind]} "
            f"like {shown}"
        )
    if key == "target" and value not in TARGETS:
        raise PipelineError(
            f"{SETTINGS_FILE}: there is no target {value}; choose one of "
            f"{', '.join(TARGETS)}"
        )
    if kind is bool:
        return "1" if value else ""
    return os.path.expanduser(value) if key in _PATHS else str(value)  # noqa: PTH111


def _variable(name: str, value: Any) -> str:
    """A variable of the project as YAML would have it."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    if type(value) is datetime.date:
        return value.isoformat()
    raise PipelineError(
        f"{SETTINGS_FILE}: var {name} is {str(value)[:80]!r}; write a text, a "
        "number or a day"
    )


def _literal(value: str | float) -> str:
    """A value as TOML has it, which JSON has too."""
    return json.dumps(value, ensure_ascii=False)
