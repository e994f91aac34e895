"""A shop's files night by night: first and good days together hold the full files."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from generator.command_line import main
from pipeline.raw_files.contract import RAW_COLUMNS
from tests.batch_shop import Shop, after, is_whole

SMALL = ("--customers", "300", "--products", "40", "--start", "2025-06-01")


def read(folder: Path) -> dict[str, list[tuple[str, ...]]]:
    shop = {}
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = map(tuple, csv.reader(file))
        assert header == RAW_COLUMNS[path.stem]
        shop[path.stem] = rows
    return shop


def folders_of(out: Path) -> list[tuple[str, Shop]]:
    listed = json.loads((out / "days.json").read_text(encoding="utf-8"))
    names = [each["folder"] for each in listed]
    assert names == ["first", *sorted(names[1:])]
    assert {path.name for path in out.iterdir()} == {*names, "full", "days.json"}
    return [(each["kind"], read(out / each["folder"])) for each in listed]


@pytest.mark.parametrize("profile", ["default", "messy", "stationary"])
def test_the_first_folder_and_all_whole_ones_hold_the_full_files(
    profile: str, tmp_path: Path
) -> None:
    out, plain = tmp_path / "days", tmp_path / "plain"
    arguments = [*SMALL, "--profile", profile]
    assert main([*arguments, "--days", "30", "--out", str(out)]) == 0
    assert main([*arguments, "--out", str(plain)]) == 0

    for path in plain.iterdir():
        assert (out / "full" / path.name).read_bytes() == path.read_bytes()
    (_, held), *days = folders_of(out)
    assert Counter(kind for kind, _ in days) == {
        **{"day": 29, "again": 1},
        **{"broken": 1, "mended": 1},
    }
    before: Shop = {}
    for kind, batch in days:
        assert is_whole(batch) == (kind != "broken")
        if kind == "again":
            assert batch == before
        if kind != "broken":
            held, before = after(held, batch), batch
    full = read(plain)
    assert {name: Counter(rows) for name, rows in held.items()} == {
        name: Counter(rows) for name, rows in full.items()
    }


def test_orders_come_late_change_and_lose_lines_and_others_are_new(
    tmp_path: Path,
) -> None:
    assert main([*SMALL, "--days", "30", "--out", str(tmp_path / "days")]) == 0

    (_, held), *days = folders_of(tmp_path / "days")
    listed = json.loads((tmp_path / "days" / "days.json").read_text(encoding="utf-8"))
    seen = Counter[str]()
    for each, (kind, batch) in zip(listed[1:], days, strict=True):
        if kind not in ("day", "mended"):
            continue
        statuses = {row[0]: row[3] for row in held["raw_orders"]}
        lines = Counter(row[1] for row in held["raw_order_items"])
        new_lines = Counter(row[1] for row in batch["raw_order_items"])
        for order, _, day, status, *_ in batch["raw_orders"]:
            is_new = order not in statuses
            seen["new"] += is_new
            seen["late"] += is_new and day[:10] < each["folder"][:10]
            seen[f"{statuses.get(order)} to {status}"] += not is_new
            seen["shrunken"] += not is_new and new_lines[order] < lines[order]
        seen["customers"] += len(batch.get("raw_customers", ()))
        seen["products"] += len(batch.get("raw_products", ()))
        held = after(held, batch)
    assert all(
        seen[what]
        for what in (
            *("new", "late", "shrunken", "customers", "products"),
            *("processing to shipped", "shipped to completed"),
        )
    ), seen


def test_equal_arguments_give_equal_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("one", "other"):
        out = tmp_path / name
        assert main([*SMALL, "--days", "9", "--out", str(out)]) == 0
        files = sorted(path for path in out.rglob("*") if path.is_file())
        written.append([(path.relative_to(out), path.read_bytes()) for path in files])
    assert written[0] == written[1]


def test_parquet_folders_hold_the_rows_of_csv(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    for kind in ("csv", "parquet"):
        out = str(tmp_path / kind)
        assert main([*SMALL, "--days", "3", "--format", kind, "--out", out]) == 0
    for path in (tmp_path / "csv").glob("*/*.csv"):
        name = tmp_path / "parquet" / path.parent.name / f"{path.stem}.parquet"
        found = pq.read_table(name).to_pylist()
        rows = [tuple(value or "" for value in row.values()) for row in found]
        assert rows == read(path.parent)[path.stem]


@pytest.mark.parametrize("days", ["0", "-1", "214", "9999"])
def test_days_that_are_not_in_the_period_are_refused(
    days: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SMALL, "--days", days, "--out", str(tmp_path / "days")]) == 2

    assert "--days must be from 1 to 213" in capsys.readouterr().err
    assert not (tmp_path / "days").exists()


def test_a_folder_that_is_not_empty_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").touch()

    assert main([*SMALL, "--days", "3", "--out", str(tmp_path)]) == 1

    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
