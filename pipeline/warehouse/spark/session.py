"""The Spark session of this process, with the settings of the profile."""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from pipeline.dbt.profile import target_settings
from pipeline.errors import PipelineError
from pipeline.warehouse.errors import BusyError, FullDiskError, UnreachableError
from pipeline.warehouse.spark.cluster import (
    desertion,
    find_cluster,
    require_shared,
    watch,
)
from pipeline.warehouse.spark.connect import connect_session
from pipeline.warehouse.spark.formats import (
    CATALOG,
    ICEBERG,
    JARS,
    chosen_format,
    format_parameters,
)
from pipeline.warehouse.spark.server import chosen_server

MINIMUM_JAVA = 17
_INSTALL = f"install Java {MINIMUM_JAVA} (Debian: apt install openjdk-17-jre-headless)"

# In a path: patterns, URLs, and the options of Java.
_UNNAMEABLE = "[]{}*?#%;:\"'\\ \t\r\n"

# What Java says of an error below the one that reached Python.
_CAUSE = "Caused by: "

# Spark's own types are not known to mypy.
Session = Any


def check_java() -> None:
    """Refuse a machine without a Java that Spark runs on.

    Raises:
        PipelineError: What to install; Spark itself would say it in many lines.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    try:
        if java is None:
            raise FileNotFoundError
        # It writes to standard error.
        said = subprocess.run(
            [java, "-version"], capture_output=True, text=True, check=False
        ).stderr
    except OSError:
        where = f" in JAVA_HOME ({home})" if home else ""
        raise PipelineError(
            f"Spark needs Java, and there is none{where}; {_INSTALL}"
        ) from None
    version = java_version(said)
    if version is None:
        raise PipelineError(f"{java} does not tell its version; {_INSTALL}")
    if version < MINIMUM_JAVA:
        raise PipelineError(
            f"Spark needs Java {MINIMUM_JAVA} or later, and {java} is Java {version}; "
            f"{_INSTALL}, and set JAVA_HOME"
        )


def java_version(said: str) -> int | None:
    """The major version in what `java -version` says: 17 of 17.0.15, 8 of 1.8.0."""
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found.group(1)) if found else None


@functools.cache
def spark_session() -> Session:
    """The session, made on the first call: a process has one.

    Raises:
        PipelineError: There is no Java, another process has the catalogue, or the
            cluster or the server does not work.
    """
    if server := chosen_server():
        with explained():
            return connect_session(server)
    check_java()
    folder = made_spark_folder()
    cluster = find_cluster()
    parameters = target_settings("spark")["server_side_parameters"]
    parameters |= format_parameters(folder)
    if chosen_format() == ICEBERG:
        (folder / CATALOG).mkdir(exist_ok=True)
    if cluster:
        parameters |= cluster.parameters
    builder = SparkSession.builder.enableHiveSupport()
    for name, value in parameters.items():
        builder = builder.config(name, value)
    with explained():
        session = builder.getOrCreate()
        try:
            session.catalog.databaseExists("default")
            if cluster:
                watch(session, cluster)
                require_shared(session, cluster, folder)
            if chosen_format() == ICEBERG:
                _require_iceberg(session)
        except Exception:
            session.stop()
            raise
    return session


def _require_iceberg(session: Session) -> None:
    """Refuse a session that has no Iceberg, or one for another Spark."""
    try:
        session.sql(f"show namespaces in {CATALOG}").collect()
    except (PySparkException, Py4JError) as error:
        raise PipelineError(
            f"Spark {session.version} does not run Iceberg "
            f"({_cause_of(error)}); set {JARS} to the iceberg-spark-runtime jar that "
            "is made for it"
        ) from None


def spark_folder() -> Path:
    """Where the tables and the catalogue of the local session are."""
    parameters = target_settings("spark")["server_side_parameters"]
    return Path(str(parameters["spark.sql.warehouse.dir"])).parent.absolute()


def made_spark_folder() -> Path:
    """The folder of tables and catalogue, made if it is not there.

    Java makes files for everybody to read, so it makes them where nobody else may go.
    """
    folder = spark_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def check_spark_folder() -> None:
    """Refuse a folder that Spark takes for a pattern, or for a part of a URL."""
    folder = str(spark_folder())
    found = sorted(set(_UNNAMEABLE) & set(folder))
    if found:
        raise PipelineError(
            f"Spark cannot keep tables in the folder {folder}, for the {found[0]!r} in "
            "its name; set DWH_SPARK_DIR to another"
        )


@contextmanager
def explained() -> Iterator[None]:
    """Raise Spark's errors as `PipelineError`s, with what to do."""
    try:
        yield
    except (PySparkException, Py4JError) as error:
        text = str(error)
        if reason := desertion(text):
            raise UnreachableError(reason) from None
        server = chosen_server()
        if server and ("UNAVAILABLE" in text or "RETRIES_EXCEEDED" in text):
            raise server.is_silent("the connection was lost") from None
        if "Another instance of Derby" in text or "XSDB6" in text:
            raise BusyError(
                f"the Spark catalogue in {spark_folder()} is open in another process; "
                "run this again when it has finished"
            ) from None
        if "No space left" in text:
            raise FullDiskError(
                f"{spark_folder()} cannot be written (no space left); free some disk "
                "space and run again"
            ) from None
        raise PipelineError(f"Spark: {_cause_of(error)}") from None


def _cause_of(error: Exception) -> str:
    """What was wrong in the first place, in one line."""
    lines = str(error).strip().splitlines() or ["unknown error"]
    # The first line of Java's own is Python's; the second begins with a colon.
    said = [line for line in lines if line.startswith((_CAUSE, ": "))] or lines[:1]
    return said[-1].removeprefix(_CAUSE).removeprefix(": ")[:300]
