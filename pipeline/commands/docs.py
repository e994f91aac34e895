"""`docs`: the models' documentation."""

import argparse

from pipeline.commands.arguments import (
    Commands,
    engine_of,
    of_a_warehouse,
    require_warehouse,
)
from pipeline.dbt.project import find_project
from pipeline.documentation import HOST, generate, server
from pipeline.terminal.progress import Reporter


def add(commands: Commands) -> None:
    """Say what it takes."""
    docs = commands.add_parser(
        "docs",
        parents=[of_a_warehouse()],
        help="show the models' documentation in a browser",
        description="Make the documentation of the models and of the published "
        "warehouse, and serve it to this machine until it is interrupted.",
    )
    docs.add_argument("--port", metavar="N", type=int, default=8080, help="where; 8080")
    docs.set_defaults(command=_run, name="docs", if_interrupted="it is served no more")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    engine = engine_of(options)
    engine.check_requirements()
    require_warehouse(engine.published)  # dbt would make an empty one
    with reporter.task("making the documentation", 0, steps=True):
        folder = generate(engine, find_project(None))
    with server(folder, options.port) as pages:
        reporter.say(
            f"the documentation is on http://{HOST}:{pages.server_port}; end with "
            "Ctrl-C"
        )
        pages.serve_forever()
