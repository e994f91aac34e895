"""A build that leaves out its tests, for what is measured or compared elsewhere.

`python -m benchmarks.untested_build` takes the options of `python -m pipeline build`.
"""

import argparse
import sys

from pipeline.__main__ import run
from pipeline.build import BuildRequest, build
from pipeline.dbt.project import find_project
from pipeline.terminal.progress import reporter_for
from pipeline.warehouse import engine_for


def main() -> int:
    """Build and publish as `python -m pipeline build` does, but for the tests."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.untested_build")
    for option in ("--database", "--target", "--raw", "--vars"):
        parser.add_argument(option)
    options = parser.parse_args()

    def work() -> None:
        engine = engine_for(options.target, options.database)
        request = BuildRequest(options.raw, tests=False)
        build(engine, find_project(options.vars), request, reporter_for(sys.stderr))

    return run("build", work)


if __name__ == "__main__":
    sys.exit(main())
