"""Fixtures that several test files share."""

import csv
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from warehouses import build_warehouse

# A small shop with one row of each kind that the loader must carry through as it is.
SMALL_SHOP: Mapping[str, Sequence[Sequence[str]]] = {
    "raw_customers": (
        (
            "customer_id",
            "name",
            "email",
            "address",
            "city",
            "country",
            "registration_date",
        ),
        (
            "C1",
            "Zoë Ó'Brien",
            "zoe@example.org",
            "1 Main St, Apt 2",
            "",
            "",
            "2024-01-05",
        ),
        ("00042", "null", "", 'The "Old" Mill\nUpper Floor', "Köln", "Germany", ""),
        (
            "C3",
            "'; drop table raw_orders; --",
            "=1+1",
            "@cmd",
            "-1",
            "+1",
            "2024-02-30",
        ),
    ),
    "raw_products": (
        ("product_id", "product_name", "category", "price", "stock_quantity"),
        ("P1", "Lamp", "Home", "12.50", "3"),
        ("P2", "Cup", "Home", "4", "100"),
        ("P3", "Pen", "Office", "1,234.50", ""),
    ),
    "raw_orders": (
        ("order_id", "customer_id", "order_date", "status"),
        ("O1", "C1", "2024-02-01", "completed"),
        ("O2", "00042", "2024-02-02T10:00:00", "shipped"),
        ("O3", "", "2024-03-01 09:30", "cancelled"),
        ("O4", "C3", "someday", "completed"),
    ),
    "raw_order_items": (
        ("order_item_id", "order_id", "product_id", "quantity", "price_per_item"),
        ("I1", "O1", "P1", "1", "12.50"),
        ("I2", "O1", "P2", "2", "4"),
        ("I3", "O2", "P2", "1", "4.00"),
        ("I4", "O2", "", "1.5", "1"),
        ("I5", "O3", "P3", "1", "1,234.50"),
        ("I6", "O9", "P1", "1", "12.50"),
        ("I6", "O9", "P1", "", "12.50"),
    ),
}

WriteShop = Callable[..., Path]


@pytest.fixture(scope="session")
def demo_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of the demo seeds, built and published once; not to be changed."""
    return build_warehouse(tmp_path_factory.mktemp("demo") / "demo.db")


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write rows as RFC 4180 CSV, in UTF-8."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.fixture
def write_shop(tmp_path: Path) -> WriteShop:
    """A function that writes a folder of raw files: the small shop, or changed."""

    def write(
        name: str = "shop", **tables: Sequence[Sequence[str]] | bytes | None
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for table, rows in {**SMALL_SHOP, **tables}.items():
            path = folder / f"{table}.csv"
            if rows is None:
                continue
            if isinstance(rows, bytes):
                path.write_bytes(rows)
            else:
                write_csv(path, rows)
        return folder

    return write


@contextmanager
def rights_of_nobody(folder: Path) -> Iterator[None]:
    """Let everybody read a folder and nobody write it; lay root's powers aside."""
    changed: dict[Path, int] = {}
    for path in [folder, *folder.parents]:
        mode = path.stat().st_mode & 0o7777
        wanted = 0o555 if path == folder else mode | 0o055
        if path.stat().st_uid == os.getuid() and (path == folder or not mode & 0o001):
            changed[path] = mode
            path.chmod(wanted)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for path, mode in changed.items():
            path.chmod(mode)
