"""The models' documentation: made by dbt, of a published warehouse, and served."""

import functools
import json
import os
import subprocess
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pipeline.dbt.project import Project
from pipeline.errors import PipelineError
from pipeline.installation import make_folder
from pipeline.warehouse.engine import Engine

HOST = "127.0.0.1"


def generate(engine: Engine, project: Project) -> Path:
    """Make the pages, and say in which folder.

    Raises:
        PipelineError: dbt failed, or saw no table there.
    """
    folder = project.target_path(f"docs of {engine.location}")
    make_folder(folder)
    made = subprocess.run(
        [
            # Without -P the current folder's modules would come before dbt's.
            # What runpy and Spark's client warn of is for programmers.
            *(sys.executable, "-P", "-W", "ignore"),
            *("-m", "dbt.cli.main"),
            *("--quiet", "--no-use-colors", "docs", "generate"),
            *("--project-dir", str(project.root), "--profiles-dir", str(project.root)),
            *("--target", engine.profile, "--target-path", str(folder)),
            *("--log-path", str(folder), "--log-level-file", "none"),
            *("--vars", json.dumps(dict(project.given))),
        ],
        env={
            **{k: v for k, v in os.environ.items() if not k.upper().startswith("DBT_")},
            **engine.published_environment(),
        },
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if made.returncode:
        raise PipelineError(f"dbt made no documentation: {made.stdout.strip()[-500:]}")
    # It passes over what it cannot open, as a catalogue of Spark's that a build has.
    if not json.loads((folder / "catalog.json").read_text("utf-8"))["nodes"]:
        raise PipelineError(
            f"dbt saw no table of the project in {engine.location}; build it, or, "
            "if another process has it, run this again when it has finished"
        )
    return folder


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """What serves the pages to this machine alone, on a port; on any, where it is 0.

    Raises:
        PipelineError: The port cannot be had.
    """
    handler = functools.partial(_Pages, directory=str(folder))
    try:
        return ThreadingHTTPServer((HOST, port), handler)
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or "it is no port"
        raise PipelineError(
            f"port {port} of {HOST} cannot be had: {said}; choose another with --port"
        ) from None


class _Pages(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing of each request."""
