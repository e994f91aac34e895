"""The command line: one clear line for each mistake, and never half a data set."""

import os
import resource
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from generator import GeneratorConfig, Profile
from generator.command_line import build_parser, main
from generator.raw_tables import RAW_TABLES

PROJECT = Path(__file__).parents[2]
FILES = {*(f"{table.name}.csv" for table in RAW_TABLES), "truth.json"}


def run(*arguments: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "generator", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_defaults_of_the_command_are_those_of_the_configuration() -> None:
    options = build_parser().parse_args([])
    config = GeneratorConfig()
    for name in ("customers", "products", "start", "end", "seed"):
        assert getattr(options, name) == getattr(config, name)
    assert Profile(options.profile) is config.profile
    assert config.end < date(2026, 1, 2)  # fixed, never today


def test_files_and_truth_are_written_and_nothing_else(tmp_path: Path) -> None:
    done = run("--customers", "20", "--out", str(tmp_path / "new" / "folder"))
    assert done.returncode == 0
    assert names(tmp_path / "new" / "folder") == FILES
    assert "raw_order_items" in done.stdout
    # No progress bar where stderr is no terminal.
    assert done.stderr == ""


def test_options_reach_the_simulation(tmp_path: Path) -> None:
    arguments = ["--customers", "9", "--products", "5", "--seed", "-3"]
    arguments += ["--start", "2024-02-01", "--end", "2024-02-29"]
    arguments += ["--profile", "stationary", "--no-affinities", "--format", "parquet"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    assert names(tmp_path) == {
        *(f"{table.name}.parquet" for table in RAW_TABLES),
        "truth.json",
    }
    planted = (tmp_path / "truth.json").read_text("utf-8")
    for expected in (
        '"customers": 9',
        '"products": 5',
        '"seed": -3',
        '"start": "2024-02-01"',
        '"end": "2024-02-29"',
        '"profile": "stationary"',
        '"affinities": false',
    ):
        assert expected in planted


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--start", "2025-01-01", "--end", "2024-01-01"], "is after --end"),
        (["--customers", "0"], "at least 1"),
        (["--products", "-5"], "at least 1"),
        (["--customers", "1e3"], "not a whole number"),
        (["--customers", "999999999999"], "at most"),
        (["--start", "2024-02-30"], "not a real day"),
        (["--end", "31.12.2024"], "not a date like"),
        (["--start", "1989-12-31"], "1990-01-01"),
        (["--profile", "wild"], "invalid choice"),
        (["--format", "xlsx"], "invalid choice"),
        (["--frobnicate"], "unrecognized arguments"),
        (["--seed"], "expected one argument"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    try:
        code = main([*arguments, "--out", str(out)])
    except SystemExit as leave:
        code = int(leave.code or 0)
    streams = capsys.readouterr()
    assert code == 2
    assert streams.out == ""
    assert streams.err.count("\n") == 1
    assert said in streams.err
    assert not out.exists()


def failed(capsys: pytest.CaptureFixture[str], out: Path, *arguments: str) -> str:
    """Run a command that must fail with exit code 1, and return its one line."""
    assert main(["--customers", "20", *arguments, "--out", str(out)]) == 1
    streams = capsys.readouterr()
    assert streams.err.count("\n") == 1
    return streams.err


def test_out_that_is_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    assert "is a file" in failed(capsys, file)
    assert "Not a directory" in failed(capsys, file / "below")
    assert file.read_text() == "mine"


def test_a_table_is_never_there_in_two_formats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--customers", "5", "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    assert "twice" in failed(capsys, tmp_path, "--format", "parquet")
    assert names(tmp_path) == FILES


def test_a_folder_that_takes_no_files_is_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # /proc takes no new folders, not even from root.
    if not Path("/proc/self").exists():
        pytest.skip("needs Linux's /proc")
    assert "cannot write to" in failed(capsys, Path("/proc/shop"))


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_full_disk_leaves_the_files_as_they_were(
    file_format: str, tmp_path: Path
) -> None:
    common = ["--out", str(tmp_path), "--format", file_format]
    assert run("--customers", "10", *common).returncode == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def limit_file_size() -> None:
        # The kernel then refuses to write more, as it does on a full disk.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    full = subprocess.run(
        [sys.executable, "-m", "generator", "--customers", "20000", *common],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit_file_size,
    )
    assert full.returncode == 1
    assert full.stderr.count("\n") == 1
    assert "cannot write to" in full.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_leaves_no_file_that_looks_complete(
    kill: signal.Signals, tmp_path: Path
) -> None:
    arguments = ["--customers", "5000000", "--out", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "generator", *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what it puts into the background with interrupts ignored.
        preexec_fn=heed_interrupts,
    )
    while not any(tmp_path.glob(".generator-*/raw_customers.csv")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(kill)
    _, errors = process.communicate()
    assert process.returncode != 0
    assert not [name for name in names(tmp_path) if not name.startswith(".generator-")]
    if kill is not signal.SIGKILL:
        assert names(tmp_path) == set()
        assert errors.count("\n") == 1
