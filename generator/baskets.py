"""What is in an order: its value, its products, their quantities and prices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.charges import discount_percents, line_totals
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
    goods_kept,
    return_delay,
)
from generator.shop_clock import ShopClock

MOST_LINES = 12
MOST_UNITS = 60
# Lines grow with the root of an order's value. With the noise below their spread is
# close to Poisson's, so that big baskets by themselves pair no two products.
LINES_A_ROOT_DOLLAR = 0.55
DRAWS_A_LINE = 3

# One array a line of the basket: the first lines of all orders, then the second
# lines of the orders that have one, and so on. Orders stand by falling number of
# lines, so each array belongs to the first orders of the one before.
Slots = list[NDArray[np.int64]]


@dataclass(frozen=True)
class OrderLines:
    """Lines in order of their orders, one element a line.

    Attributes:
        orders: Position of the line's order in the chunk.
        products: Product numbers.
        price_rows: Position of the price in the price table; -1 is free.
        prices: Cents a piece.
        quantities: Pieces, negative for returns, 0 for money back without goods.
        totals: Cents the line cost after its discount, negative for money back.
    """

    orders: NDArray[np.int64]
    products: NDArray[np.int64]
    price_rows: NDArray[np.int64]
    prices: NDArray[np.int64]
    quantities: NDArray[np.int64]
    totals: NDArray[np.int64]


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
    sizes: list[int],
    values: NDArray[np.int64],
) -> Slots:
    """Return product numbers, -1 where there is none after all.

    A line holds the companion of the line before, or something for the mission, or
    anything popular. What is in the basket already is not taken again. An order of
    less than the price of its first product buys a trifle instead.
    """
    chosen: Slots = []
    for line, size in enumerate(sizes):
        keys = order_keys[:size]
        pick = draw(keys, _line_draw(line, 0))
        if not config.affinities:
            taken = products.popularity.pick_one_table(pick)
        else:
            taken = products.missions.pick(pick, missions[:size])
            how = draw(keys, _line_draw(line, 1))
            anything = np.flatnonzero(~happens(how, config.shares.on_mission))
            taken[anything] = products.popularity.pick_one_table(pick[anything])
            if line:
                before = chosen[line - 1][:size]
                follows = (how >> np.uint64(32)) < products.companion_chances[before]
                follows &= before >= 0
                rows = np.flatnonzero(follows)
                taken[rows] = products.companions[before[rows]]
        if line == 0:
            dear = np.flatnonzero(products.list_prices[taken] > values)
            trifle = draw(keys[dear], _line_draw(0, 1))
            taken[dear] = products.trifles.pick_one_table(trifle)
        for earlier in chosen:
            taken[earlier[:size] == taken] = -1
        chosen.append(taken)
    return chosen


def _whole_pieces(
    cents: NDArray[np.int64], price: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return ``cents / price`` to the nearest whole number, ``cents`` >= 0.

    The quotient of two integers this small never rounds up to the next integer, so
    the float division is exact where it counts, and faster than the integer one.
    """
    return ((cents + (price >> 1)) / price).astype(np.int64)


def _choose_quantities(
    values: NDArray[np.int64], chosen: Slots, prices: Slots
) -> Slots:
    """Return pieces a line so that the order comes close to its planted value.

    Each line takes its even share of what is left, to the nearest whole piece and at
    least one; lines that would overshoot by half their price are dropped. A second
    round corrects the rest, line by line, so that what remains is mostly less than
    half the price of the cheapest product in the basket.

    Args:
        values: Cents an order, shape (orders,).
        chosen: Product numbers, -1 where there is no line.
        prices: Cents a piece.
    """
    left = values.copy()
    lines_left = np.zeros(values.shape, np.int64)
    for products in chosen:
        lines_left[: products.size] += products >= 0
    quantities: Slots = []
    for line, (products, price) in enumerate(zip(chosen, prices, strict=True)):
        rest = left[: price.size]
        share = np.maximum(rest, 0) / np.maximum(lines_left[: price.size], 1)
        pieces = _whole_pieces(share.astype(np.int64), price)
        pieces = np.clip(pieces, 1, MOST_UNITS)
        there = products >= 0
        lines_left[: price.size] -= there
        if line:
            there &= rest * 2 >= price
        pieces *= there
        rest -= pieces * price
        quantities.append(pieces)
    for pieces, price in zip(quantities, prices, strict=True):
        rest = left[: price.size]
        more = np.sign(rest) * _whole_pieces(np.abs(rest), price)
        more = np.clip(pieces + more, 1, MOST_UNITS) - pieces
        more *= pieces > 0
        pieces += more
        rest -= more * price
    return quantities


def _send_back(
    order_keys: Hashes,
    returns: NDArray[np.int64],
    quantities: Slots,
    totals: Slots,
    share: float,
) -> None:
    """Turn the quantities of return orders into the negative pieces sent back.

    The line named by a draw goes back, others with probability ``share``; the money
    that goes back is their part of what the line cost.

    Args:
        order_keys: Key of every order.
        returns: Places of the return orders, rising.
        quantities: Pieces bought; changed in place.
        totals: Cents paid for them; changed in place.
        share: Probability that a further line goes back.
    """
    lines = np.zeros(order_keys.shape, np.int64)
    for pieces in quantities:
        lines[: pieces.size] += pieces > 0
    named = np.full(order_keys.shape, -1)
    named[returns] = below(
        draw(order_keys[returns], OrderDraw.RETURNED_LINE), lines[returns]
    )
    place = np.full(order_keys.shape, -1)
    for line, pieces in enumerate(quantities):
        rows = returns[: np.searchsorted(returns, pieces.size)]
        bought = pieces[rows]
        place[rows] += bought > 0
        hashes = draw(order_keys[rows], _line_draw(line, 2))
        goes = (bought > 0) & ((place[rows] == named[rows]) | happens(hashes, share))
        sent = 1 + below(hashes, np.maximum(bought, 1))
        pieces[rows] = np.where(goes, -sent, 0)
        paid, bought = totals[line], np.maximum(bought, 1)
        paid[rows] = np.where(
            goes, -((2 * paid[rows] * sent + bought) // (2 * bought)), 0
        )


def fill_orders(
    config: GeneratorConfig,
    clock: ShopClock,
    products: ProductTable,
    orders: OrderHeaders,
    people: Hashes,
    purchases: Hashes,
) -> OrderLines:
    """Return the lines of some orders.

    A return holds lines of the purchase it belongs to, at the price paid then and
    less the discount given then.

    Args:
        config: The run's configuration.
        clock: Its clock, for the season.
        products: Its products.
        orders: The orders.
        people: Key of each order's person.
        purchases: Key of the purchase each order is or belongs to.
    """
    keys = purchases.copy()
    returns = orders.kinds == OrderKind.RETURN
    days = (orders.seconds - return_delay(keys) * returns) // DAY
    cancelled = np.flatnonzero(orders.kinds == OrderKind.CANCELLED)
    keys[cancelled] = child_keys(keys[cancelled], np.ones(cancelled.size, np.int64))
    values = _order_values(config, people, keys)
    counts = _line_counts(keys, values)

    # From here on, orders stand by falling number of lines.
    order = np.argsort(-counts.astype(np.int8), kind="stable")
    keys, people, days, values = keys[order], people[order], days[order], values[order]
    returned, counts = np.flatnonzero(returns[order]), counts[order]
    most = int(counts[0]) if counts.size else 0
    sizes = [int(np.searchsorted(-counts, -line)) for line in range(most)]
    own = happens(draw(keys, OrderDraw.MISSION), config.shares.favourite_mission)
    missions = products.mission_months.pick(
        np.where(
            own,
            draw(people, PersonDraw.FAVOURITE_MISSION),
            draw(keys, OrderDraw.MISSION_OF_MONTH),
        ),
        np.where(own, ALL_YEAR, clock.months[days]),
    )
    chosen = _choose_products(config, products, keys, missions, sizes, values)
    price_rows = [
        products.price_rows(np.maximum(numbers, 0), days[: numbers.size])
        for numbers in chosen
    ]
    table = products.prices.ravel()
    prices = [table[rows] for rows in price_rows]
    quantities = _choose_quantities(values, chosen, prices)
    totals = line_totals(discount_percents(config, keys), prices, quantities)
    _send_back(keys, returned, quantities, totals, config.shares.line_return)

    gifts = happens(draw(keys, OrderDraw.GIFT), config.shares.gift)
    gifts[returned] = False
    nothing = np.zeros(gifts.shape, np.int64)
    chosen.append(
        products.popularity.pick_one_table(draw(keys, OrderDraw.GIFT_PRODUCT))
    )
    price_rows.append(nothing - 1)
    prices.append(nothing)
    quantities.append(gifts.astype(np.int64))
    totals.append(nothing)
    lines = _in_order(
        order,
        products=chosen,
        price_rows=price_rows,
        prices=prices,
        quantities=quantities,
        totals=totals,
    )
    refunds = returns & goods_kept(config, purchases)
    lines.quantities[refunds[lines.orders]] = 0
    return lines


def _in_order(order: NDArray[np.int64], **columns: Slots) -> OrderLines:
    """Return the lines that hold something, order by order in the original order.

    Args:
        order: Where each order stood.
        columns: The other columns of ``OrderLines``, slot by slot.
    """
    lines = np.zeros(order.shape, np.int64)
    kept = [np.flatnonzero(pieces) for pieces in columns["quantities"]]
    for rows in kept:
        lines[order[rows]] += 1
    ends = np.cumsum(lines)
    total = int(ends[-1]) if ends.size else 0
    places = ends - lines
    joined = {name: np.empty(total, np.int64) for name in columns}
    for slot, rows in enumerate(kept):
        owners = order[rows]
        targets = places[owners]
        for name, slots in columns.items():
            joined[name][targets] = slots[slot][rows]
        places[owners] += 1
    return OrderLines(orders=np.repeat(np.arange(order.size), lines), **joined)
