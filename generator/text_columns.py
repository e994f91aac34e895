"""Text columns, made without a Python object a value."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def _four_digits() -> NDArray[np.uint32]:
    """Return the text of 0 to 9999 as four bytes packed in one integer each."""
    numbers = np.arange(10_000)
    digits = np.stack([numbers // 10**k % 10 for k in (3, 2, 1, 0)], axis=1)
    table: NDArray[np.uint32] = (digits + ord("0")).astype(np.uint8).view(np.uint32)
    return table.ravel()


_FOUR_DIGITS = _four_digits()


def fixed_width_text(rows: Bytes) -> pa.StringArray:
    """Return the rows of a byte matrix, shape (n, width), as strings."""
    count, width = rows.shape
    offsets = np.arange(count + 1, dtype=np.int32)
    offsets *= np.int32(width)
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))
    )


def numbered_ids(
    prefix: str, digits: int, numbers: NDArray[np.int64]
) -> pa.StringArray:
    """Return ids such as C000042: the prefix and at least ``digits`` digits.

    Args:
        prefix: ASCII text.
        digits: Width to which numbers are padded with zeros; longer ones are kept.
        numbers: Non-negative integers, shape (n,).
    """
    largest = int(numbers.max(initial=0))
    if largest >= 10**digits:
        text = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")
        return pc.binary_join_element_wise(pa.scalar(prefix), text, "")
    groups = -(-digits // 4)
    padded = np.empty((numbers.size, groups), np.uint32)
    rest = numbers.astype(np.uint64)
    for group in range(groups - 1, -1, -1):
        higher = rest // np.uint64(10_000)
        padded[:, group] = _FOUR_DIGITS[rest - higher * np.uint64(10_000)]
        rest = higher
    rows = np.empty((numbers.size, len(prefix) + digits), np.uint8)
    rows[:, : len(prefix)] = np.frombuffer(prefix.encode(), np.uint8)
    rows[:, len(prefix) :] = padded.view(np.uint8)[:, 4 * groups - digits :]
    return fixed_width_text(rows)


def day_texts(first_day: str, days: int) -> Bytes:
    """Return ISO dates of consecutive days as bytes, shape (days, 10)."""
    dates = np.datetime64(first_day) + np.arange(days)
    return np.datetime_as_string(dates).astype("S10").view(np.uint8).reshape(-1, 10)


def second_texts() -> Bytes:
    """Return HH:MM:SS for every second of a day as bytes, shape (86400, 8)."""
    seconds = np.datetime64("2000-01-01T00:00:00") + np.arange(86_400)
    stamps = np.datetime_as_string(seconds).astype("S19").view(np.uint8)
    return stamps.reshape(-1, 19)[:, 11:]


def cents_text(cents: NDArray[np.int64]) -> pa.StringArray:
    """Return amounts with two decimals, such as 19.90."""
    # Few amounts are told many times over: each is written once and looked up.
    coded = pa.array(cents).dictionary_encode()
    amounts = coded.dictionary.to_numpy()
    whole, rest = np.divmod(np.abs(amounts), 100)
    text = pc.binary_join_element_wise(
        pc.if_else(pa.array(amounts < 0), "-", ""), integer_text(whole), ""
    )
    text = pc.binary_join_element_wise(text, numbered_ids("", 2, rest), ".")
    return text.take(coded.indices)


def integer_text(numbers: NDArray[np.int64]) -> pa.StringArray:
    """Return integers as plain text."""
    return pa.array(numbers).cast(pa.string())


def blank_where(mask: NDArray[np.bool_], text: pa.StringArray) -> pa.StringArray:
    """Return ``text`` with nulls where ``mask`` holds."""
    if not mask.any():
        return text
    return pc.if_else(pa.array(mask), pa.scalar(None, pa.string()), text)
