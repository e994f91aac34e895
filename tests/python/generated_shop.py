"""Reads what the generator wrote, for the tests that look into it."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from generator import GeneratorConfig, generate

SALE_STATUSES = ("completed", "shipped", "processing")


@dataclass(frozen=True)
class Shop:
    """One generated data set: raw text by table, typed lines, and the truth."""

    raw: dict[str, pd.DataFrame]
    lines: pd.DataFrame
    truth: dict[str, Any]

    @property
    def purchases(self) -> pd.DataFrame:
        """Lines sold: quantity and price above zero in an order that is a sale."""
        lines = self.lines
        return lines[
            lines["status"].isin(SALE_STATUSES)
            & (lines["quantity"] > 0)
            & (lines["cents"] > 0)
        ]


def read_table(path: Path) -> pd.DataFrame:
    """Return a raw CSV as text, empty fields as ''."""
    return pd.read_csv(path, dtype="str", keep_default_na=False)


def read_rows(path: Path) -> list[list[str]]:
    """Return a raw CSV's rows without the header, by Python's own reader."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def make_shop(config: GeneratorConfig, out: Path) -> Shop:
    """Generate a clean profile and return it with one typed row a line."""
    truth = generate(config, out)
    raw = {path.stem: read_table(path) for path in out.glob("raw_*.csv")}
    lines = raw["raw_order_items"].merge(
        raw["raw_orders"], on="order_id", validate="many_to_one"
    )
    stamps = pd.to_datetime(lines["order_date"], format="%Y-%m-%d %H:%M:%S")
    lines = lines.assign(
        quantity=lines["quantity"].astype("int64"),
        cents=(lines["price_per_item"].astype("float64") * 100).round().astype("int64"),
        moment=stamps,
        day=(stamps.dt.normalize() - pd.Timestamp(config.start)).dt.days,
    )
    for column, text in (
        ("total", "line_total"),
        ("shipping_cents", "shipping"),
        ("tax_cents", "tax"),
    ):
        lines[column] = (lines[text].astype("float64") * 100).round().astype("int64")
    lines["amount"] = lines["quantity"] * lines["cents"]
    return Shop(raw, lines, truth)


def money(cents: int) -> Decimal:
    """Return whole cents as dollars."""
    return Decimal(int(cents)).scaleb(-2)


def pair_counts(
    purchases: pd.DataFrame,
) -> tuple[list[str], np.ndarray[Any, Any], int]:
    """Return product ids, baskets by product pair (diagonal: product), baskets."""
    baskets = purchases.drop_duplicates(["order_id", "product_id"])
    orders, order_ids = pd.factorize(baskets["order_id"])
    products, product_ids = pd.factorize(baskets["product_id"], sort=True)
    counts = np.zeros((len(product_ids), len(product_ids)))
    step = 4096
    for low in range(0, len(order_ids), step):
        rows = (orders >= low) & (orders < low + step)
        bought = np.zeros((step, len(product_ids)), np.float32)
        bought[orders[rows] - low, products[rows]] = 1
        counts += bought.T @ bought
    return list(product_ids), counts, len(order_ids)
