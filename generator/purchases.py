"""Who orders when: the BG/NBD process, and the orders that come with a purchase."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.configuration import GeneratorConfig
from generator.counter_hash import (
    Hashes,
    Stream,
    below,
    child_keys,
    draw,
    entity_keys,
    happens,
    unit,
)
from generator.distributions import beta, exponential, gamma
from generator.shop_clock import MICRO_WEEKS, ShopClock

PEOPLE_A_CHUNK = 65_536
DAY = 86_400  # seconds
MINUTE = 60
RETURN_DAYS = (3, 30)
CANCEL_MINUTES = 14 * 24 * 60


class PersonDraw(IntEnum):
    """Draw numbers of a customer or guest; the numbers are part of the output."""

    NEVER_BUYS = 0
    ARRIVAL = 1
    CANCELLED_ONLY = 2
    CANCELLED_DELAY = 3
    SAME_DAY_REGISTRATION = 4
    REGISTRATION_LAG = 5
    FAVOURITE_MISSION = 6
    COUNTRY = 7
    GIVEN_NAME = 8
    GIVEN_NAME_2 = 9
    FAMILY_NAME = 10
    FAMILY_NAME_2 = 11
    STREET = 12
    HOUSE_NUMBER = 13
    CITY = 14
    EMAIL_STYLE = 15
    MISSING_ADDRESS = 16
    GENDER = 17
    PURCHASE_RATE = 100
    DROPOUT = 200
    SPEND = 300


class OrderDraw(IntEnum):
    """Draw numbers of an order; the numbers are part of the output."""

    GAP = 0
    DROPOUT = 1
    CANCELLED = 2
    CANCELLED_DELAY = 3
    RETURNED = 4
    RETURN_DELAY = 5
    STATUS = 6
    MISSION = 7
    LINES = 8
    GIFT = 9
    RETURNED_LINE = 10
    MISSION_OF_MONTH = 11
    GIFT_PRODUCT = 12
    DISCOUNT = 13
    KEPT_GOODS = 14
    FIRST_LINE = 16  # and three more a line
    VALUE = 128


class OrderKind(IntEnum):
    """What an order is."""

    PURCHASE = 0
    CANCELLED = 1
    RETURN = 2


@dataclass(frozen=True)
class OrderHeaders:
    """Orders of the whole period, one element an order; 17 bytes each.

    Attributes:
        seconds: Calendar seconds since the start of the period.
        people: Customer number, or ``config.customers`` plus the guest's number.
        purchases: Which purchase of the person it is, or belongs to, from 0.
        kinds: ``OrderKind``.
    """

    seconds: NDArray[np.int64]
    people: NDArray[np.int32]
    purchases: NDArray[np.int32]
    kinds: NDArray[np.uint8]

    def __len__(self) -> int:
        return int(self.seconds.size)

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """The arrays, in the order of the attributes."""
        return self.seconds, self.people, self.purchases, self.kinds

    def select(self, rows: NDArray[np.int64] | slice) -> "OrderHeaders":
        """Return some of the orders."""
        return OrderHeaders(*(column[rows] for column in self.columns))


def join_headers(parts: list[OrderHeaders]) -> OrderHeaders:
    """Return several sets of orders as one."""
    columns = zip(*(part.columns for part in parts), strict=True)
    return OrderHeaders(*map(np.concatenate, columns))


def person_keys(config: GeneratorConfig, people: NDArray[np.int32]) -> Hashes:
    """Return the hash keys of customers and guests."""
    numbers = people.astype(np.int64)
    guests = numbers >= config.customers
    keys = entity_keys(config.seed, Stream.CUSTOMER, numbers)
    if guests.any():
        keys[guests] = entity_keys(
            config.seed, Stream.GUEST, numbers[guests] - config.customers
        )
    return keys


def return_delay(order_keys: Hashes) -> NDArray[np.int64]:
    """Return the seconds between a purchase and its return."""
    first, last = RETURN_DAYS
    days = first + below(draw(order_keys, OrderDraw.RETURN_DELAY), last - first + 1)
    return days * DAY


def goods_kept(config: GeneratorConfig, order_keys: Hashes) -> NDArray[np.bool_]:
    """Return which purchases, if anything of them is returned, keep the goods."""
    return happens(draw(order_keys, OrderDraw.KEPT_GOODS), config.shares.kept_goods)


def never_buys(config: GeneratorConfig, keys: Hashes) -> NDArray[np.bool_]:
    """Return which registered customers never buy."""
    return happens(draw(keys, PersonDraw.NEVER_BUYS), config.shares.never_buys)


def arrival_instants(clock: ShopClock, keys: Hashes) -> NDArray[np.int64]:
    """Return when people first come: uniform on the clock, in micro-days."""
    instants = unit(draw(keys, PersonDraw.ARRIVAL)) * float(clock.total)
    return instants.astype(np.int64)


def registration_days(
    config: GeneratorConfig, clock: ShopClock, keys: Hashes
) -> NDArray[np.int64]:
    """Return the day each customer registered: on or before the day they come."""
    arrivals = clock.calendar_seconds(arrival_instants(clock, keys)) // DAY
    lag = below(draw(keys, PersonDraw.REGISTRATION_LAG), 120) % (arrivals + 1)
    same_day = happens(draw(keys, PersonDraw.SAME_DAY_REGISTRATION), 0.6)
    return np.where(same_day | never_buys(config, keys), arrivals, arrivals - lag)


def _repeat_purchases(
    config: GeneratorConfig,
    clock: ShopClock,
    keys: Hashes,
    first: NDArray[np.int64],
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (purchase number, positions in ``keys``, instants), a repeat at a time.

    BG/NBD as simulated in Fader, Hardie and Lee (2005), section 3: exponential gaps
    at a person's own rate, and a coin after each repeat purchase.
    """
    process = config.purchases
    rates = gamma(keys, PersonDraw.PURCHASE_RATE, process.r) / process.alpha
    dropout = beta(keys, PersonDraw.DROPOUT, process.a, process.b)
    alive = np.arange(keys.size)
    instants = first
    purchase = 0
    while alive.size:
        purchase += 1
        order_keys = child_keys(keys[alive], np.full(alive.shape, purchase))
        gaps = exponential(order_keys, OrderDraw.GAP) / rates[alive]
        gaps *= float(MICRO_WEEKS)
        within = gaps < (clock.total - instants).astype(np.float64)
        alive, order_keys = alive[within], order_keys[within]
        instants = clock.on_another_day(
            instants[within], instants[within] + gaps[within].astype(np.int64)
        )
        # What was moved past the end of the period has not happened.
        inside = instants < clock.total
        alive, order_keys = alive[inside], order_keys[inside]
        instants = instants[inside]
        yield purchase, alive, instants
        stays = unit(draw(order_keys, OrderDraw.DROPOUT)) >= dropout[alive]
        alive, instants = alive[stays], instants[stays]


def _with_side_orders(
    config: GeneratorConfig, keys: Hashes, purchases: OrderHeaders
) -> OrderHeaders:
    """Return purchases with the cancelled orders and returns that go with them.

    A cancelled order is a further attempt, not a lost purchase, so that purchases
    keep following the planted process. What would fall after the period is left out.

    Args:
        config: The run's configuration.
        keys: Key of each purchase's person.
        purchases: The purchases.
    """
    order_keys = child_keys(keys, purchases.purchases.astype(np.int64))
    end = config.days * DAY
    parts = [purchases]
    for kind, draw_number, share, delay in (
        (
            OrderKind.CANCELLED,
            OrderDraw.CANCELLED,
            config.shares.cancelled,
            below(draw(order_keys, OrderDraw.CANCELLED_DELAY), CANCEL_MINUTES) * MINUTE,
        ),
        (
            OrderKind.RETURN,
            OrderDraw.RETURNED,
            config.shares.order_return,
            return_delay(order_keys),
        ),
    ):
        seconds = purchases.seconds + delay
        rows = happens(draw(order_keys, draw_number), share) & (seconds < end)
        parts.append(
            OrderHeaders(
                seconds[rows],
                purchases.people[rows],
                purchases.purchases[rows],
                np.full(int(rows.sum()), kind, np.uint8),
            )
        )
    return join_headers(parts)


def customer_orders(
    config: GeneratorConfig, clock: ShopClock, numbers: NDArray[np.int64]
) -> OrderHeaders:
    """Return every order of some registered customers, grouped in no useful order."""
    all_keys = entity_keys(config.seed, Stream.CUSTOMER, numbers)
    never = never_buys(config, all_keys)
    buyers, keys = numbers[~never], all_keys[~never]
    first = arrival_instants(clock, keys)
    rows = [np.arange(buyers.size)]
    purchases = [np.zeros_like(first)]
    instants = [first]
    for purchase, alive, times in _repeat_purchases(config, clock, keys, first):
        rows.append(alive)
        purchases.append(np.full(alive.shape, purchase))
        instants.append(times)
    positions = np.concatenate(rows)
    bought = OrderHeaders(
        clock.calendar_seconds(np.concatenate(instants)),
        buyers[positions].astype(np.int32),
        np.concatenate(purchases).astype(np.int32),
        np.full(positions.shape, OrderKind.PURCHASE, np.uint8),
    )
    with_sides = _with_side_orders(config, keys[positions], bought)

    never_keys = all_keys[never]
    seconds = clock.calendar_seconds(arrival_instants(clock, never_keys))
    seconds += (
        below(draw(never_keys, PersonDraw.CANCELLED_DELAY), CANCEL_MINUTES) * MINUTE
    )
    tried = happens(
        draw(never_keys, PersonDraw.CANCELLED_ONLY), config.shares.cancelled_only
    ) & (seconds < config.days * DAY)
    attempts = OrderHeaders(
        seconds[tried],
        numbers[never][tried].astype(np.int32),
        np.zeros(int(tried.sum()), np.int32),
        np.full(int(tried.sum()), OrderKind.CANCELLED, np.uint8),
    )
    return join_headers([with_sides, attempts])


def guest_orders(
    config: GeneratorConfig, clock: ShopClock, numbers: NDArray[np.int64]
) -> OrderHeaders:
    """Return the orders of some guests; each guest buys once."""
    keys = entity_keys(config.seed, Stream.GUEST, numbers)
    comes = happens(draw(keys, PersonDraw.NEVER_BUYS), config.shares.guest_order)
    keys = keys[comes]
    bought = OrderHeaders(
        clock.calendar_seconds(arrival_instants(clock, keys)),
        (numbers[comes] + config.customers).astype(np.int32),
        np.zeros(keys.shape, np.int32),
        np.full(keys.shape, OrderKind.PURCHASE, np.uint8),
    )
    return _with_side_orders(config, keys, bought)


def all_orders(config: GeneratorConfig, clock: ShopClock) -> OrderHeaders:
    """Return every order of the period by time, ties in a fixed order of their own.

    This is the only part of a run that is held in memory as a whole: 17 bytes an
    order, and about as much again while it is sorted.
    """
    parts = []
    for low in range(0, config.customers, PEOPLE_A_CHUNK):
        high = min(low + PEOPLE_A_CHUNK, config.customers)
        numbers = np.arange(low, high)
        parts.append(customer_orders(config, clock, numbers))
        parts.append(guest_orders(config, clock, numbers))
    headers = join_headers(parts)
    parts.clear()
    # One unique integer an order sorts several times faster than the columns do.
    order = headers.seconds.astype(np.uint64)
    order <<= np.uint64(32)
    order |= np.arange(len(headers), dtype=np.uint64)
    order.sort()
    order &= np.uint64(0xFFFFFFFF)
    return headers.select(order.view(np.int64))
