"""Customers to fit lifetime value models to: simulated ones, and CDNOW's."""

import csv
from datetime import date

import numpy as np
import pytest

from pipeline.clv.purchases import PurchaseSummaries
from tests.python.warehouses import SHARED_DATA

CDNOW = SHARED_DATA / "cdnow_sample"
CALIBRATED_THROUGH = date(1997, 9, 30)


def simulated(
    customers: int,
    seed: int,
    weeks: float = 104,
    *,
    faithful: bool = False,
    may_leave_at_once: bool = False,
) -> PurchaseSummaries:
    """Customers of a BG/NBD (2, 10, 0.8, 2.5) and Gamma-Gamma (6, 4, 15) world.

    Args:
        customers: How many.
        seed: Of the random numbers.
        weeks: The longest age.
        faithful: Whether nobody ever leaves.
        may_leave_at_once: Whether one may leave after the first purchase too, as
            MBG/NBD has it.
    """
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(customers):
        rate = random.gamma(2.0, 1 / 10)
        leaving = 0.0 if faithful else random.beta(0.8, 2.5)
        scale = random.gamma(4.0, 1 / 15)
        age = random.uniform(0, weeks)
        days = []
        time = random.exponential(1 / rate)
        if may_leave_at_once and random.random() < leaving:
            time = np.inf
        while time < age:
            days.append(round(time * 7))
            if random.random() < leaving:
                break
            time += random.exponential(1 / rate)
        repeats = sorted({day for day in days if 0 < day <= round(age * 7)})
        values = random.gamma(6.0, 1 / scale, len(repeats))
        rows.append(
            (
                len(repeats),
                repeats[-1] if repeats else 0,
                round(age * 7),
                values.mean() if repeats else np.nan,
            )
        )
    return PurchaseSummaries(*np.array(rows, dtype=np.float64).T)


def cdnow_as_published() -> PurchaseSummaries:
    """The published sample, amounts of zero counted as purchases as in the papers."""
    if not CDNOW.is_dir():
        pytest.skip("the CDNOW sample is not beside the project (../shared/data)")
    with (CDNOW / "raw_order_items.csv").open() as file:
        amounts = {
            row["order_id"]: float(row["price_per_item"]) * int(row["quantity"])
            for row in csv.DictReader(file)
        }
    days: dict[str, dict[date, float]] = {}
    with (CDNOW / "raw_orders.csv").open() as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["order_date"])
            if day <= CALIBRATED_THROUGH:
                own = days.setdefault(row["customer_id"], {})
                own[day] = own.get(day, 0.0) + amounts[row["order_id"]]
    rows = []
    for own in days.values():
        first, *repeats = sorted(own)
        rows.append(
            (
                len(repeats),
                (max(own) - first).days,
                (CALIBRATED_THROUGH - first).days,
                np.mean([own[day] for day in repeats]) if repeats else np.nan,
            )
        )
    return PurchaseSummaries(*np.array(rows, dtype=np.float64).T)
