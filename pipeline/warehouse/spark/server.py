"""Which Spark is meant: a session of this process, or a server of Connect or Thrift."""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar
from urllib.parse import urlsplit

from pipeline.errors import PipelineError
from pipeline.installation import install
from pipeline.warehouse.errors import MissingPackagesError, UnreachableError

# Spark's own variable, and ours.
CONNECT, THRIFT = "SPARK_REMOTE", "DWH_SPARK_THRIFT_HOST"

_PACKAGES = {
    "spark_connect": ("grpc", "grpc_status", "pandas", "zstandard"),
    "spark_thrift": ("pyhive", "puresasl", "thrift_sasl"),
}


@dataclass(frozen=True)
class Server:
    """A Spark that runs elsewhere.

    Attributes:
        profile: The output of `profiles.yml` by which dbt finds it.
        kind: What it is, to a person.
        host: Where it is.
        port: Where it listens.
    """

    # One that is there answers at once.
    ANSWER_SECONDS: ClassVar = 10

    profile: str
    kind: str
    host: str
    port: int

    def __str__(self) -> str:
        """The server without what lets one in."""
        return f"the {self.kind} server {self.host}:{self.port}"

    def check_packages(self) -> None:
        """Refuse to go on without what speaks to it."""
        if any(find_spec(module) is None for module in _PACKAGES[self.profile]):
            extra = self.profile.replace("_", "-")
            raise MissingPackagesError(
                f"{self} needs packages that are not installed; run: {install(extra)}"
            )

    def is_silent(self, why: str) -> UnreachableError:
        """What to say when it does not answer."""
        return UnreachableError(
            f"{self} does not answer ({why}); see that it runs, and that "
            f"{CONNECT if self.profile == 'spark_connect' else THRIFT} names it"
        )


def chosen_server() -> Server | None:
    """The server that the environment names; None for a session of this process.

    Raises:
        PipelineError: What it names is no server, or it names two.
    """
    remote, thrift = os.environ.get(CONNECT), os.environ.get(THRIFT)
    if remote and thrift:
        raise PipelineError(f"{CONNECT} and {THRIFT} name a server each; unset one")
    if remote:
        return _of_connect(remote)
    if thrift:
        return _of_thrift(thrift, os.environ.get("DWH_SPARK_THRIFT_PORT") or "10000")
    return None


def _of_connect(remote: str) -> Server:
    try:
        parts = urlsplit(remote)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme != "sc":
        # It may have a token in it, and is not shown.
        raise PipelineError(
            f"{CONNECT} is no address of a Spark Connect server; write one like "
            "sc://spark.example.org:15002, or unset it"
        )
    return Server("spark_connect", "Spark Connect", host, port or 15002)


def _of_thrift(host: str, port: str) -> Server:
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise PipelineError(
            f"DWH_SPARK_THRIFT_PORT is {port[:20]!r}; write a port like 10000"
        )
    return Server("spark_thrift", "Spark Thrift", host, int(port))
