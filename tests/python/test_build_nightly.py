"""The cron line and the systemd units of pipeline/README.md work as printed."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.dbt.project import find_project
from pipeline.warehouse.sqlite.engine import SqliteEngine
from tests.small_shop import SMALL_SHOP, WriteShop

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "pipeline" / "README.md").read_text(encoding="utf-8")


def printed(language: str) -> list[str]:
    """The README's blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def unit(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read_string(text)
    return parser


@pytest.fixture
def home(tmp_path: Path, write_shop: WriteShop) -> Iterator[Path]:
    """A home with this checkout and its environment where the README says."""
    checkout = tmp_path / "ecommerce-data-warehouse"
    checkout.mkdir()
    (checkout / "pipeline").symlink_to(ROOT / "pipeline")
    (checkout / ".venv").symlink_to(sys.prefix)
    # The rows of the small shop that nothing is wrong with.
    write_shop(
        "shop-export",
        raw_orders=SMALL_SHOP["raw_orders"][:4],
        raw_order_items=SMALL_SHOP["raw_order_items"][:4],
    )
    yield tmp_path
    engine = SqliteEngine(str(checkout / "ecommerce_dwh.db"))
    parsed = find_project(None).target_path(engine.build_location)
    shutil.rmtree(parsed, ignore_errors=True)


def test_the_cron_line_builds_the_warehouse_and_logs_it(home: Path) -> None:
    (line,) = printed("cron")
    fields = line.strip().split(maxsplit=5)
    assert re.fullmatch(r"[0-9]+ [0-9]+ \* \* \*", " ".join(fields[:5]))
    command = fields[5]
    assert "%" not in command, "cron would end the line there"
    # What cron sets, and no more.
    environment = {
        "HOME": str(home),
        "LOGNAME": "shop",
        "SHELL": "/bin/sh",
        "PATH": "/usr/bin:/bin",
    }

    run = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, cwd=home, check=False
    )

    log = (home / "warehouse.log").read_text(encoding="utf-8").splitlines()
    assert run.returncode == 0, log
    assert (home / "ecommerce-data-warehouse" / "ecommerce_dwh.db").is_file()
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d "
    assert re.match(rf"{stamp}checking raw files$", log[0])
    assert re.match(rf"{stamp}published .*ecommerce_dwh\.db in .* pass\)$", log[-1])
    assert not [line for line in log if "\x1b" in line or "\r" in line]

    (home / "shop-export" / "raw_orders.csv").write_text("order_id\nO1\n")
    run = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, cwd=home, check=False
    )

    log = (home / "warehouse.log").read_text(encoding="utf-8").splitlines()
    assert run.returncode == 1
    assert log[-1].startswith("build failed: raw_orders.csv, line 1: missing required")


def test_the_systemd_units_run_what_the_cron_line_runs(home: Path) -> None:
    service_text, timer_text = printed("ini")
    service, timer = unit(service_text), unit(timer_text)
    (line,) = printed("cron")

    folder = service["Service"]["WorkingDirectory"].replace("%h", str(home))
    words = shlex.split(service["Service"]["ExecStart"].replace("%h", str(home)))

    assert Path(folder).is_dir()
    assert os.access(words[0], os.X_OK)
    cron_words = shlex.split(line.replace("$HOME", str(home)))
    start = cron_words.index(".venv/bin/python")
    assert words[1:] == cron_words[start + 1 : cron_words.index(">>")]
    assert timer["Timer"]["OnCalendar"] == "*-*-* 03:15:00"
    assert timer["Install"]["WantedBy"] == "timers.target"
