"""What comes off an order's prices and on top of them: discounts, shipping, tax."""

import numpy as np
from numpy.typing import NDArray

from generator.configuration import GeneratorConfig
from generator.counter_hash import Hashes, below, draw, happens
from generator.purchases import OrderDraw

CURRENCY = "USD"
# What a discount code takes off, in percent; each is as likely as its places here.
CODES = (5, 10, 10, 15, 20)
HOME = "United States"
SHIPPING_HOME = 595  # cents
SHIPPING_ABROAD = 1495
FREE_SHIPPING = 7500  # cents of goods from which on shipping is free


def discount_percents(config: GeneratorConfig, order_keys: Hashes) -> NDArray[np.int64]:
    """Return what each order's discount code takes off, in percent; 0 without one."""
    hashes = draw(order_keys, OrderDraw.DISCOUNT)
    percents = np.array(CODES)[below(hashes, len(CODES))]
    return percents * happens(hashes, config.shares.discount_code)


def line_totals(
    percents: NDArray[np.int64],
    prices: list[NDArray[np.int64]],
    quantities: list[NDArray[np.int64]],
) -> list[NDArray[np.int64]]:
    """Return the cents that each line costs after its order's discount.

    A shop takes a percentage off the order, to the cent, and spreads it: a line bears
    the growth of the rounded running total, so that the lines end at the order's sum.

    Args:
        percents: Percent off each order, shape (orders,).
        prices: Cents a piece, one array a line of the basket; each belongs to the
            first orders of the one before.
        quantities: Pieces, shaped like ``prices``.
    """
    totals = [price * pieces for price, pieces in zip(prices, quantities, strict=True)]
    rows = np.flatnonzero(percents)
    subtotals = np.zeros(rows.shape, np.int64)
    for total in totals:
        some = rows[: np.searchsorted(rows, total.size)]
        subtotals[: some.size] += total[some]
    discounts = (subtotals * percents[rows] + 50) // 100
    running, spread = np.zeros_like(subtotals), np.zeros_like(subtotals)
    for total in totals:
        some = rows[: np.searchsorted(rows, total.size)]
        running[: some.size] += total[some]
        reached = (2 * discounts * running + subtotals) // (2 * subtotals)
        total[some] -= (reached - spread)[: some.size]
        spread = reached
    return totals


def shipping_cents(
    is_home: NDArray[np.bool_],
    goods: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return what sending each order costs: nothing for a large one or a return.

    Args:
        is_home: Whether the order goes to the shop's own country.
        goods: Cents of the order's lines, negative for a return.
    """
    rate = np.where(is_home, SHIPPING_HOME, SHIPPING_ABROAD)
    return np.where((goods < 0) | (goods >= FREE_SHIPPING), 0, rate)


def tax_cents(
    per_mille: NDArray[np.int64], goods: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the tax on top of each order's goods; a return gives it back."""
    return np.sign(goods) * ((np.abs(goods) * per_mille + 500) // 1000)
