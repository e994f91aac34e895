"""A build that leaves out its tests, for what is measured or compared elsewhere.

`python -m benchmarks.untested_build` takes the options of `python -m pipeline build`.
"""

import argparse
import sys

from pipeline.build import BuildRequest, build
from pipeline.dbt.project import find_project
from pipeline.dbt.run import DbtSession
from pipeline.terminal.outcome import run
from pipeline.terminal.progress import reporter_for
from pipeline.warehouse import engine_for


class UntestedSession(DbtSession):
    """Builds models and no tests."""

    left_out = (*DbtSession.left_out, "test")

    def data_tests(self) -> dict[str, str]:
        """None that has to run."""
        return {}


def main() -> int:
    """Build and publish as `python -m pipeline build` does, but for the tests."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.untested_build")
    for option in ("--database", "--target", "--raw", "--vars"):
        parser.add_argument(option)
    options = parser.parse_args()

    def work() -> None:
        build(
            engine_for(options.target, options.database),
            find_project(options.vars),
            BuildRequest(options.raw),
            reporter_for(sys.stderr),
            UntestedSession,
        )

    return run("build", work)


if __name__ == "__main__":
    sys.exit(main())
