"""A cluster that Spark computes on: where it is, and whether it works.

Spark itself waits for ever for executors that cannot come, and says nothing. Executors
come to the driver, so it needs an address that they reach; and what they write, it must
see.
"""

import os
import re
import socket
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from pipeline.errors import PipelineError
from pipeline.warehouse.errors import UnreachableError

MASTER = "DWH_SPARK_MASTER"
DRIVER_HOST = "DWH_SPARK_DRIVER_HOST"
WAIT = "DWH_SPARK_WAIT"
DEFAULT_WAIT = 60.0

_HERE = re.compile(r"local(\[(\*|\d+)(, ?\d+)?\])?|local-cluster\[.+\]")
_STANDALONE = "spark://"
_KUBERNETES = re.compile(r"k8s://(?:https?://)?(\[[^]]+\]|[^/:]+)(?::(\d+))?")
_ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[\w.-]+):(?P<port>\d{1,5})")
_CONNECT_SECONDS = 5.0
_LOOK_SECONDS = 0.5
_DESERTED = re.compile(r"no executor of .*? \(spark\.executor\.memory\)")
_UNREAD = "FAILED_READ_FILE"

Address = tuple[str, int]


@dataclass(frozen=True)
class Cluster:
    """What is known of a cluster before a session is made.

    Attributes:
        master: Its master, as Spark takes it.
        driver_host: An address of this machine that its workers reach.
        wait: The seconds without an executor after which work on it ends.
    """

    master: str
    driver_host: str
    wait: float

    @property
    def parameters(self) -> dict[str, str]:
        """What a session takes instead of the profile's."""
        return {
            "spark.driver.host": self.driver_host,
            "spark.driver.bindAddress": self.driver_host,
        }


def find_cluster() -> Cluster | None:
    """The cluster that the environment names; None where Spark computes in here.

    Raises:
        PipelineError: A variable cannot be understood.
        UnreachableError: No master answers.
    """
    master = os.environ.get(MASTER, "local[*]")
    if _HERE.fullmatch(master):
        return None
    masters = _addresses(master)
    wait = _seconds()
    given = os.environ.get(DRIVER_HOST)
    reached_by = _reached_by(master, masters) if masters else None
    if given:
        _require_own(given)
    elif reached_by is None:
        raise PipelineError(
            f"how the workers of {master} reach this machine cannot be told; set "
            f"{DRIVER_HOST} to its address"
        )
    return Cluster(master, given or str(reached_by), wait)


def driver_environment() -> dict[str, str]:
    """What the profile needs to know of this machine, for dbt."""
    cluster = find_cluster()
    return {DRIVER_HOST: cluster.driver_host} if cluster else {}


def _addresses(master: str) -> list[Address]:
    """Where a master may listen; none where that is not in its name."""
    if master == "yarn":
        return []
    if found := _KUBERNETES.fullmatch(master.rstrip("/")):
        return [(found.group(1).strip("[]"), int(found.group(2) or 443))]
    addresses = []
    for text in master.removeprefix(_STANDALONE).split(","):
        found = _ADDRESS.fullmatch(text)
        port = int(found["port"]) if found else 0
        if not master.startswith(_STANDALONE) or not found or not 0 < port < 1 << 16:
            raise PipelineError(
                f"{MASTER} is {master!r}, which is no master of Spark's; write "
                "local[*], spark://HOST:PORT, yarn or k8s://HOST:PORT"
            )
        addresses.append((found["host"].strip("[]"), port))
    return addresses


def _seconds() -> float:
    text = os.environ.get(WAIT)
    try:
        seconds = float(text) if text else DEFAULT_WAIT
    except ValueError:
        seconds = 0.0
    if not 1.0 <= seconds < float("inf"):
        raise PipelineError(f"{WAIT} is {text!r}; write seconds, at least 1")
    return seconds


def _reached_by(master: str, addresses: list[Address]) -> str:
    """The address of this machine from which the first master is reached that answers.

    Its workers are reached from there too, and reach it.
    """
    said: object = None
    for address in addresses:
        try:
            with socket.create_connection(address, _CONNECT_SECONDS) as connection:
                return _in_url(connection.getsockname()[0])
        except (OSError, UnicodeError) as error:
            said = getattr(error, "strerror", None) or error
    raise UnreachableError(
        f"no Spark master answers at {master} ({said}); start it, or set {MASTER}"
    )


def _require_own(host: str) -> None:
    """Refuse a name that a driver here cannot listen at."""
    try:
        family, kind, protocol, _, (address, *_) = socket.getaddrinfo(
            host.strip("[]"), 0, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.bind((address, 0))
    except (OSError, UnicodeError) as error:
        raise PipelineError(
            f"{DRIVER_HOST} is {host!r}, where this machine cannot listen "
            f"({getattr(error, 'strerror', None) or error}); set it to an address of "
            "this machine that the workers reach"
        ) from None


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def watch(session: Any, cluster: Cluster) -> None:
    """End the session's jobs, from now on, where no executor has come for too long."""
    looker = _Looker(session.sparkContext, cluster)
    threading.Thread(target=looker.run, name="executors", daemon=True).start()


def desertion(text: str) -> str | None:
    """What an error says of jobs that were ended so; None if it is another one."""
    found = _DESERTED.search(text)
    return found.group() if found else None


class _Looker:
    def __init__(self, context: Any, cluster: Cluster) -> None:
        self._context = context
        self._cluster = cluster
        memory = context.getConf().get("spark.executor.memory", "1g")
        # As _DESERTED finds it.
        self._reason = (
            f"no executor of {cluster.master} for {cluster.wait:g} s ({WAIT}): its "
            f"workers must reach this driver at {cluster.driver_host} ({DRIVER_HOST}), "
            f"at any port, and have a core and {memory} of memory free "
            "(spark.executor.memory)"
        )
        self._since: float | None = None

    def run(self) -> None:
        # Once the context has stopped there is nothing left to ask.
        with suppress(Py4JError, AttributeError, OSError):
            while True:
                time.sleep(_LOOK_SECONDS)
                self._look(self._context._jsc.sc(), time.monotonic())

    def _look(self, context: Any, now: float) -> None:
        tracker = context.statusTracker()
        jobs = tracker.getActiveJobIds()
        is_over = self._since is not None and now - self._since >= self._cluster.wait
        # The driver is one of them. Without jobs a cluster may take the others away.
        if len(tracker.getExecutorInfos()) > 1 or not (jobs or is_over):
            self._since = None
        elif self._since is None:
            self._since = now
        elif is_over:
            for job in jobs:
                context.cancelJob(job, self._reason)


def require_shared(session: Any, cluster: Cluster, folder: Path) -> None:
    """Refuse a folder of tables that the executors do not have.

    They would write theirs elsewhere, and the tables would be empty.

    Raises:
        PipelineError: One of them cannot read a file there.
    """
    # With a task for each core, each executor most likely has one.
    tasks = max(session.sparkContext.defaultParallelism, 1)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="seen-by-workers-") as file:
        file.write(b"seen")
        file.flush()
        try:
            session.read.text([Path(file.name).as_uri()] * tasks).count()
        except (Py4JError, PySparkException) as error:
            if _UNREAD not in str(error):
                raise
            raise PipelineError(
                f"the workers of {cluster.master} do not have {folder}: let "
                "DWH_SPARK_DIR be a folder that all hosts share, at the same path, and "
                "that the workers' user may read and write"
            ) from None
