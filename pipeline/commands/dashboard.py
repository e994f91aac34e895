"""`dashboard`: Streamlit, on the published warehouse."""

import argparse
import importlib.util
import os
import sys

from pipeline.commands.arguments import Commands, of_a_warehouse, require_warehouse
from pipeline.errors import PipelineError
from pipeline.installation import DASHBOARD, install, typed
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.location import Location


def add(commands: Commands) -> None:
    """Say what it takes."""
    dashboards = commands.add_parser(
        "dashboard",
        parents=[of_a_warehouse()],
        help="open the dashboard",
        description="Serve the dashboard of the published warehouse to this machine, "
        "until it is interrupted.",
    )
    dashboards.add_argument(
        "--port", metavar="N", type=int, default=8501, help="where; 8501"
    )
    dashboards.add_argument(
        "options",
        metavar="OPTION",
        nargs="*",
        help="after --: options of streamlit run, such as --server.headless false",
    )
    dashboards.set_defaults(command=_run, name="dashboard")


def _run(options: argparse.Namespace, reporter: Reporter) -> None:
    if importlib.util.find_spec("streamlit") is None:
        raise PipelineError(
            "the dashboard needs packages that are not installed; "
            f"run: {install('dashboard')}"
        )
    location = Location.resolve(options.target, options.database)
    if location.target == "spark":
        raise PipelineError(
            "the dashboard does not read Spark; copy the warehouse first: "
            + typed("export --target spark --format duckdb --out shop.duckdb")
        )
    require_warehouse(location)
    variable = "DWH_DATABASE" if location.is_file else "DWH_SCHEMA"
    os.environ.update({"DWH_TARGET": location.target, variable: location.database})
    reporter.say(
        f"the dashboard opens on http://localhost:{options.port}; end with Ctrl-C"
    )
    sys.stderr.flush()
    # It takes this process's place, and with it whatever is sent to it. Without -P the
    # current folder's modules would come before Streamlit's.
    os.execv(  # noqa: S606
        sys.executable,
        [
            *(sys.executable, "-P", "-m", "streamlit", "run", str(DASHBOARD)),
            *("--server.port", str(options.port), *options.options),
        ],
    )
