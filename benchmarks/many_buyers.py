"""How long the predictions of a million buyers take, without the shop around them.

The tables that `python -m pipeline fit` reads are filled with simulated buyers, who
leave as BG/NBD has it. The command then reads, fits, scores, tests and writes as it
does in a warehouse.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.measure import measure
from benchmarks.report import Row
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
_BATCH = 100_000


def measure_many_buyers(engine: str, project: Path, scratch: Path) -> Row | str:
    """Predict a million buyers in place.

    Args:
        engine: ``sqlite`` or ``duckdb``.
        project: The root of the repository.
        scratch: A folder for the database.

    Returns:
        The row, or the complaint of the command.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    database = scratch / f"buyers.{engine}"
    write_buyers(engine, database, BUYERS)
    result = measure(
        ["-m", "pipeline", "fit", "--target", engine, "--database", str(database)],
        project,
    )
    if result.exit_code != 0:
        return result.complaint
    return Row(
        f"predictions, {BUYERS:,} buyers",
        result.wall,
        cpu=result.cpu,
        peak_megabytes=result.peak_megabytes,
        budget=f"<= {SECONDS:.0f} s, {MEGABYTES:,.0f} MB",
        is_within=result.wall <= SECONDS and result.peak_megabytes <= MEGABYTES,
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
    engine.write_batches(
        "int_clv_holdouts",
        _HOLDOUTS_COLUMNS,
        [
            pa.RecordBatch.from_arrays(
                [
                    pa.array(later),
                    pa.array(random.poisson(2, len(later))),
                    pa.array(random.gamma(2, 20, len(later))),
                ],
                names=[name for name, _ in _HOLDOUTS_COLUMNS],
            )
        ],
    )


def _summaries(random: np.random.Generator, buyers: int) -> Iterator[pa.RecordBatch]:
    for window, days in _WINDOWS.items():
        for first in range(0, buyers, _BATCH):
            size = min(_BATCH, buyers - first)
            frequency, recency, age = _purchases(random, size, days)
            spends = np.maximum(frequency, 1)
            value = random.gamma(6 * spends) / (random.gamma(4, 1 / 15, size) * spends)
            yield pa.RecordBatch.from_arrays(
                [
                    pa.repeat(window, size),
                    pa.array(np.arange(first, first + size)),
                    pa.array(frequency),
                    pa.array(recency),
                    pa.array(age),
                    pa.array(value, mask=frequency == 0),
                    pa.array(frequency + 1),
                    pa.array(value * (frequency + 1)),
                ],
                names=[name for name, _ in _SUMMARIES_COLUMNS],
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
