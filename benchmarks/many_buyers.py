"""How long the predictions of a million buyers take, without the shop around them.

The tables that `python -m pipeline fit` reads are filled with simulated buyers, who
leave as BG/NBD has it. The command then reads, fits, scores, tests and writes as it
does in a warehouse.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.report import Row, cost_at_most
from benchmarks.runs import Bench
from pipeline.raw_files.contract import RAW_LOADS, RAW_LOADS_COLUMNS
from pipeline.warehouse import engine_for

BUYERS = 1_000_000
SECONDS = 60.0
MEGABYTES = 1500.0

# Days from the shop's first buyer to the end of each window.
_WINDOWS = {"calibration": 900, "all_data": 1082}
_FITS_COLUMNS = (
    ("fit_name", "text"),
    ("observed_through", "text"),
    ("horizon_weeks", "integer"),
    ("yearly_discount_rate", "real"),
)
_SUMMARIES_COLUMNS = (
    ("fit_name", "text"),
    ("customer_key", "integer"),
    ("frequency", "integer"),
    ("recency_days", "integer"),
    ("age_days", "integer"),
    ("mean_repeat_value", "real"),
    ("orders", "integer"),
    ("net_sales", "real"),
)
_HOLDOUTS_COLUMNS = (
    ("customer_key", "integer"),
    ("actual_orders", "integer"),
    ("actual_sales", "real"),
)
# Sales are forecast by the same command: here there are none.
_SALES_COLUMNS = (
    ("category", "text"),
    ("is_all_categories", "integer"),
    ("date", "text"),
    ("net_sales", "real"),
)
_BUYERS_A_BATCH = 100_000


def measure_many_buyers(bench: Bench) -> None:
    """Predict a million buyers in place."""
    database = bench.file("buyers")
    write_buyers(bench.engine, database, BUYERS)
    result = bench.run(
        *("pipeline fit of many buyers", "pipeline", "fit"),
        *("--target", bench.engine, "--database", database),
    )
    if result is not None:
        bench.section.rows.append(
            Row.of(
                f"predictions, {BUYERS:,} buyers",
                result,
                **cost_at_most(result, SECONDS, MEGABYTES),
            )
        )


def write_buyers(target: str, database: Path, buyers: int) -> None:
    """Fill the tables that the predictions are made from."""
    engine = engine_for(target, str(database)).in_place()
    engine.write_table(
        RAW_LOADS,
        RAW_LOADS_COLUMNS,
        [("raw_orders", *[None] * (len(RAW_LOADS_COLUMNS) - 1))],
    )
    engine.write_table(
        "int_clv_fits",
        _FITS_COLUMNS,
        [("calibration", "2024-06-30", 26, 0.1), ("all_data", "2024-12-29", 52, 0.1)],
    )
    random = np.random.default_rng(5)
    engine.write_batches(
        "int_clv_purchase_summaries", _SUMMARIES_COLUMNS, _summaries(random, buyers)
    )
    later = np.arange(0, buyers, 4)
    orders, sales = random.poisson(2, len(later)), random.gamma(2, 20, len(later))
    holdouts = _batch(_HOLDOUTS_COLUMNS, later, orders, sales)
    engine.write_batches("int_clv_holdouts", _HOLDOUTS_COLUMNS, [holdouts])
    engine.write_table("int_as_of_date", [("as_of_date", "text")], [("2024-12-29",)])
    engine.write_table("rpt_sales_daily", _SALES_COLUMNS, [])


def _summaries(random: np.random.Generator, buyers: int) -> Iterator[pa.RecordBatch]:
    for window, days in _WINDOWS.items():
        for first in range(0, buyers, _BUYERS_A_BATCH):
            keys = np.arange(first, min(first + _BUYERS_A_BATCH, buyers))
            frequency, recency, age = _purchases(random, len(keys), days)
            spends = np.maximum(frequency, 1)
            value = random.gamma(6 * spends) / (
                random.gamma(4, 1 / 15, len(keys)) * spends
            )
            yield _batch(
                _SUMMARIES_COLUMNS,
                *(pa.repeat(window, len(keys)), keys, frequency, recency, age),
                pa.array(value, mask=frequency == 0),
                *(frequency + 1, value * (frequency + 1)),
            )


def _batch(columns: Sequence[tuple[str, str]], *arrays: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array(array) for array in arrays], names=[name for name, _ in columns]
    )


def _purchases(
    random: np.random.Generator, buyers: int, days: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Repeat days, days to the last of them, and age in days."""
    age = random.integers(0, days, buyers)
    rate = random.gamma(0.8, 1 / 8, buyers) / 7
    leaving = random.beta(0.8, 2.5, buyers)
    frequency, last = (np.zeros(buyers, np.int64) for _ in range(2))
    time = random.exponential(1 / rate)
    active = np.ones(buyers, bool)
    while (going := active & (time < age)).any():
        day = np.ceil(time).astype(np.int64)
        new = going & (day > last)
        frequency[new] += 1
        last[new] = day[new]
        active &= ~going | (random.random(buyers) >= leaving)
        time += random.exponential(1 / rate)
    return frequency, last, age
