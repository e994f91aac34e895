"""What is in an order: its value, its products, their quantities and prices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.configuration import GeneratorConfig
from generator.counter_hash import (
    Hashes,
    below,
    child_keys,
    draw,
    happens,
    unit,
)
from generator.distributions import gamma
from generator.products import ALL_YEAR, ProductTable
from generator.purchases import (
    DAY,
    OrderDraw,
    OrderHeaders,
    OrderKind,
    PersonDraw,
    person_keys,
    return_delay,
)
from generator.shop_clock import ShopClock

MOST_LINES = 12
MOST_UNITS = 60
# Lines grow with the root of an order's value. With the noise below their spread is
# close to Poisson's, so that big baskets by themselves pair no two products.
LINES_A_ROOT_DOLLAR = 0.55
DRAWS_A_LINE = 3


@dataclass(frozen=True)
class OrderLines:
    """Lines in order of their orders, one element a line.

    Attributes:
        orders: Position of the line's order in the chunk.
        products: Product numbers.
        price_rows: Position of the price in the price table; -1 is free.
        prices: Cents a piece.
        quantities: Pieces, negative for returns.
    """

    orders: NDArray[np.int64]
    products: NDArray[np.int64]
    price_rows: NDArray[np.int64]
    prices: NDArray[np.int64]
    quantities: NDArray[np.int64]


def _order_values(
    config: GeneratorConfig, people: Hashes, order_keys: Hashes
) -> NDArray[np.int64]:
    """Return the planted value of each order in cents (Gamma-Gamma)."""
    spend = config.spend
    nu = gamma(people, PersonDraw.SPEND, spend.q) / spend.gamma
    value = gamma(order_keys, OrderDraw.VALUE, spend.p) / nu
    # No order is worth more than a million: it would be no shop's order.
    return np.minimum(value * 100.0 + 0.5, 1e8).astype(np.int64)


def _line_counts(order_keys: Hashes, values: NDArray[np.int64]) -> NDArray[np.int64]:
    roots = np.sqrt(values.astype(np.float64) / 100.0)
    noise = unit(draw(order_keys, OrderDraw.LINES)) * 2.0 - 0.5
    counts = (roots * LINES_A_ROOT_DOLLAR + noise).astype(np.int64)
    return np.clip(counts, 1, MOST_LINES)


def _line_draw(line: int, which: int) -> int:
    return OrderDraw.FIRST_LINE + DRAWS_A_LINE * line + which


def _choose_products(
    config: GeneratorConfig,
    products: ProductTable,
    order_keys: Hashes,
    missions: NDArray[np.int64],
    counts: NDArray[np.int64],
    values: NDArray[np.int64],
) -> NDArray[np.int32]:
    """Return product numbers, shape (most lines, orders), -1 where there is none.

    A line holds the companion of the line before, or something for the mission, or
    anything popular. What is in the basket already is not taken again. An order of
    less than the price of its first product buys a trifle instead.
    """
    most = int(counts.max(initial=1))
    chosen = np.full((most, counts.size), -1, np.int32)
    rows = np.arange(counts.size)
    for line in range(most):
        rows = rows[counts[rows] > line]
        keys = order_keys[rows]
        pick = draw(keys, _line_draw(line, 0))
        if not config.affinities:
            taken = products.popularity.pick_one_table(pick)
        else:
            taken = products.missions.pick(pick, missions[rows])
            how = draw(keys, _line_draw(line, 1))
            anything = ~happens(how, config.shares.on_mission)
            taken[anything] = products.popularity.pick_one_table(pick[anything])
            if line:
                before = chosen[line - 1, rows].astype(np.int64)
                companions = products.companions[before]
                follows = (before >= 0) & (companions >= 0)
                follows &= (how >> np.uint64(32)) < products.companion_chances[before]
                taken = np.where(follows, companions, taken)
        if line == 0:
            dear = products.list_prices[taken] > values
            trifle = draw(keys[dear], _line_draw(0, 1))
            taken[dear] = products.trifles.pick_one_table(trifle)
        fresh = np.ones(rows.shape, np.bool_)
        for earlier in range(line):
            fresh &= chosen[earlier, rows] != taken
        chosen[line, rows] = np.where(fresh, taken, -1)
    return chosen


def _choose_quantities(
    values: NDArray[np.int64], prices: NDArray[np.int64], present: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return pieces a line so that the order comes close to its planted value.

    Each line takes its even share of what is left, to the nearest whole piece and at
    least one; what it takes too much or too little is passed to the lines after it.

    Args:
        values: Cents an order, shape (orders,).
        prices: Cents a piece, shape (lines, orders).
        present: Which lines there are, shape (lines, orders).
    """
    left = values.copy()
    lines_left = present.sum(axis=0)
    quantities = np.zeros(prices.shape, np.int64)
    for line in range(prices.shape[0]):
        there = present[line]
        price = prices[line]
        share = left // np.maximum(lines_left, 1)
        pieces = np.clip((share + price // 2) // price, 1, MOST_UNITS)
        if line:
            there = there & (left * 2 >= price)
        pieces *= there
        quantities[line] = pieces
        left -= pieces * price
        lines_left -= present[line]
    for line in range(prices.shape[0]):
        price, pieces = prices[line], quantities[line]
        more = np.sign(left) * ((np.abs(left) + price // 2) // price)
        more = np.clip(pieces + more, 1, MOST_UNITS) - pieces
        more *= pieces > 0
        quantities[line] += more
        left -= more * price
    return quantities


def _returned(
    order_keys: Hashes,
    returns: NDArray[np.bool_],
    quantities: NDArray[np.int64],
    share: float,
) -> NDArray[np.int64]:
    """Return quantities in which return orders send back some of their pieces.

    The line named by a draw goes back, others with probability ``share``. Shapes
    (lines, orders).
    """
    columns = np.flatnonzero(returns)
    if not columns.size:
        return quantities
    keys = order_keys[columns]
    bought = quantities[:, columns]
    there = bought > 0
    named = below(draw(keys, OrderDraw.RETURNED_LINE), there.sum(axis=0))
    places = np.cumsum(there, axis=0) - 1
    sent = np.zeros_like(bought)
    for line in range(bought.shape[0]):
        hashes = draw(keys, _line_draw(line, 2))
        goes = there[line] & ((places[line] == named) | happens(hashes, share))
        sent[line] = goes * (1 + below(hashes, np.maximum(bought[line], 1)))
    result = quantities.copy()
    result[:, columns] = -sent
    return result


def fill_orders(
    config: GeneratorConfig,
    clock: ShopClock,
    products: ProductTable,
    orders: OrderHeaders,
) -> OrderLines:
    """Return the lines of some orders.

    A return holds lines of the purchase it belongs to, at the price paid then.
    """
    people = person_keys(config, orders.people)
    keys = child_keys(people, orders.purchases.astype(np.int64))
    returns = orders.kinds == OrderKind.RETURN
    days = (orders.seconds - return_delay(keys) * returns) // DAY
    cancelled = np.flatnonzero(orders.kinds == OrderKind.CANCELLED)
    keys[cancelled] = child_keys(keys[cancelled], np.ones(cancelled.size, np.int64))

    values = _order_values(config, people, keys)
    counts = _line_counts(keys, values)
    own = happens(draw(keys, OrderDraw.MISSION), config.shares.favourite_mission)
    months = clock.months[days]
    missions = products.mission_months.pick(
        np.where(
            own,
            draw(people, PersonDraw.FAVOURITE_MISSION),
            draw(keys, OrderDraw.MISSION_OF_MONTH),
        ),
        np.where(own, ALL_YEAR, months),
    )
    chosen = _choose_products(config, products, keys, missions, counts, values)

    present = chosen >= 0
    price_rows = products.price_rows(np.maximum(chosen, 0), days)
    prices = products.prices.ravel()[price_rows]
    quantities = _choose_quantities(values, prices, present)
    quantities = _returned(keys, returns, quantities, config.shares.line_return)

    gifts = happens(draw(keys, OrderDraw.GIFT), config.shares.gift) & ~returns
    gift_products = products.popularity.pick_one_table(
        draw(keys, OrderDraw.GIFT_PRODUCT)
    )

    # One more row for the gifts, then order by order.
    all_quantities = np.vstack([quantities, gifts.astype(np.int64)]).T
    there = all_quantities != 0
    return OrderLines(
        orders=np.repeat(np.arange(len(orders)), there.sum(axis=1)),
        products=np.vstack([chosen, gift_products]).T[there],
        price_rows=np.vstack([price_rows, np.full(len(orders), -1)]).T[there],
        prices=np.vstack([prices, np.zeros(len(orders), np.int64)]).T[there],
        quantities=all_quantities[there],
    )
