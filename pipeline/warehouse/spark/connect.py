"""A session on a server of Spark Connect."""

import os
import time
import warnings
from typing import Any

from pyspark.sql import SparkSession

from pipeline.dbt.profile import target_settings
from pipeline.warehouse.spark.server import CONNECT, Server

_PATIENCE_SECONDS = 30


def connect_session(server: Server) -> Any:
    """The session of this process, which dbt finds as its own.

    Raises:
        UnreachableError: The server does not answer.
    """
    # It warns that a pandas is newer than it is, and of a setting that dbt asks for and
    # the server has already.
    warnings.filterwarnings("ignore", module=r"pyspark\.")
    import grpc
    from pyspark.sql.connect.client import DefaultChannelBuilder

    # Spark's client would try for ten minutes.
    channel = DefaultChannelBuilder(os.environ[CONNECT]).toChannel()
    try:
        grpc.channel_ready_future(channel).result(timeout=server.ANSWER_SECONDS)
    except grpc.FutureTimeoutError:
        raise server.is_silent(f"within {server.ANSWER_SECONDS} seconds") from None
    finally:
        channel.close()
    builder = SparkSession.builder
    settings = target_settings(server.profile)["server_side_parameters"]
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.client.set_retry_policies([_patience()])
    return session


def _patience() -> Any:
    """Try for half a minute in all: dbt would wait as long again for each of its nodes.

    A server that was started again knows nothing of the session anyway.
    """
    from pyspark.sql.connect.client.retries import DefaultPolicy

    class Patience(DefaultPolicy):  # type: ignore[misc]
        """Counts from the first failure of a row of them."""

        first = latest = float("-inf")

        def can_retry(self, e: BaseException) -> bool:
            """Whether the failures have not gone on for too long."""
            if not super().can_retry(e):
                return False
            now = time.monotonic()
            if now - self.latest > _PATIENCE_SECONDS:
                self.first = now
            self.latest = now
            return now - self.first < _PATIENCE_SECONDS

    return Patience(max_backoff=5000)
