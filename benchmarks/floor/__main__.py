"""Command line of the floor: ``python -m benchmarks.floor --raw DIR --database F``."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.floor.build import build


def main() -> None:
    """Build the floor once and print the seconds per stage as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor")
    parser.add_argument("--engine", choices=("sqlite", "duckdb"), default="sqlite")
    parser.add_argument("--raw", type=Path, required=True, metavar="DIR")
    parser.add_argument("--database", type=Path, required=True, metavar="FILE")
    parser.add_argument("--load-only", action="store_true")
    arguments = parser.parse_args()
    times = build(
        arguments.engine,
        arguments.raw,
        arguments.database,
        load_only=arguments.load_only,
    )
    print(json.dumps(asdict(times)))


if __name__ == "__main__":
    main()
