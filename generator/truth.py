"""What was planted and what came out, for the models to be scored against."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator import defects
from generator.assortment import MISSIONS
from generator.baskets import OrderLines
from generator.configuration import GeneratorConfig
from generator.products import KINDS, PRICE_PERIOD, ZIPF_SHIFT, ProductTable
from generator.purchases import OrderHeaders, OrderKind
from generator.raw_tables import ORDER_ITEMS, ORDERS, RAW_TABLES
from generator.shop_clock import (
    GROWTH_A_YEAR,
    HOLIDAYS,
    MONTHS,
    SALES_WEEK,
    WEEKDAYS,
)

LINE_TYPES = ("sale", "return", "refund", "gift", "cancelled", "adjustment")


def dollars(cents: NDArray[np.int64]) -> Decimal:
    """Return the sum of cents as exact dollars."""
    return Decimal(int(cents.sum())).scaleb(-2)


@dataclass
class LineTally:
    """Lines of one type: how many, how many pieces, how much money after discounts."""

    lines: int = 0
    units: int = 0
    amount: Decimal = Decimal("0.00")

    def add(self, lines: int, units: int, amount: Decimal) -> None:
        """Count some more lines."""
        self.lines += lines
        self.units += units
        self.amount += amount


@dataclass
class Tally:
    """Running totals of a run.

    Attributes:
        rows: Rows written to each raw table.
        lines: Accepted lines by type.
        discounts: Money taken off the sale lines, never positive.
        discounted_orders: Orders that count and have a discounted line.
        shipping: Shipping of the orders with a line in FactSales.
        tax: Their tax.
        outcomes: Rows by (raw table, outcome, reason) beside the accepted rows.
        amounts: Their money, where they have any.
        purchases: Orders that count: those with a sale line.
        guest_purchases: Those of them without a customer.
        cancelled_orders: Cancelled orders of the simulation.
        return_orders: Return orders of the simulation, goods sent back or not.
        buyers: Customers with an order that counts.
    """

    rows: dict[str, int] = field(default_factory=dict)
    lines: dict[str, LineTally] = field(
        default_factory=lambda: {name: LineTally() for name in LINE_TYPES}
    )
    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    amounts: dict[tuple[str, str, str], Decimal] = field(default_factory=dict)
    discounts: Decimal = Decimal("0.00")
    discounted_orders: int = 0
    shipping: Decimal = Decimal("0.00")
    tax: Decimal = Decimal("0.00")
    purchases: int = 0
    guest_purchases: int = 0
    cancelled_orders: int = 0
    return_orders: int = 0
    buyers: int = 0

    def count_rows(self, table: str, rows: int) -> None:
        """Count rows written to a raw table."""
        self.rows[table] = self.rows.get(table, 0) + rows

    def count_orders(
        self,
        config: GeneratorConfig,
        orders: OrderHeaders,
        shipping: NDArray[np.int64],
        tax: NDArray[np.int64],
    ) -> None:
        """Count orders by kind; buyers are customers' first purchases.

        Args:
            config: The run's configuration.
            orders: The orders.
            shipping: Cents of shipping an order.
            tax: Cents of tax an order.
        """
        purchases = orders.kinds == OrderKind.PURCHASE
        registered = orders.people < config.customers
        self.purchases += int(purchases.sum())
        self.guest_purchases += int((purchases & ~registered).sum())
        self.cancelled_orders += int((orders.kinds == OrderKind.CANCELLED).sum())
        self.return_orders += int((orders.kinds == OrderKind.RETURN).sum())
        self.outcomes[ORDERS.name, "noted", defects.NO_CUSTOMER] += int(
            (~registered).sum()
        )
        self.buyers += int((purchases & registered & (orders.purchases == 0)).sum())
        facts = orders.kinds != OrderKind.CANCELLED
        self.shipping += dollars(shipping[facts])
        self.tax += dollars(tax[facts])

    def _count_outcome(
        self, place: tuple[str, str, str], rows: int, amount: Decimal | None
    ) -> None:
        self.outcomes[place] += rows
        if amount is not None:
            self.amounts[place] = self.amounts.get(place, Decimal()) + amount

    def count_lines(
        self,
        kinds: NDArray[np.uint8],
        by_credit_note: NDArray[np.bool_],
        lines: OrderLines,
    ) -> None:
        """Count lines by type.

        Args:
            kinds: Each line's kind of order.
            by_credit_note: Whether each line's order is returned or refunded.
            lines: The lines.
        """
        purchases = kinds == OrderKind.PURCHASE
        free = lines.prices == 0
        returns = kinds == OrderKind.RETURN
        kept = lines.quantities == 0
        for name, rows in (
            ("sale", purchases & ~free),
            ("gift", purchases & free),
            ("return", returns & ~kept),
            ("refund", returns & kept),
            ("cancelled", kinds == OrderKind.CANCELLED),
        ):
            self.lines[name].add(
                int(rows.sum()),
                int(lines.quantities[rows].sum()),
                dollars(lines.totals[rows]),
            )
        for place, rows in (
            ((ORDER_ITEMS.name, "noted", defects.CREDIT_NOTE), by_credit_note),
            (
                (ORDER_ITEMS.name, "excluded from sales", "cancelled"),
                kinds == OrderKind.CANCELLED,
            ),
        ):
            if rows.any():
                self._count_outcome(place, int(rows.sum()), dollars(lines.totals[rows]))
        taken_off = (lines.totals - lines.prices * lines.quantities)[purchases]
        self.discounts += dollars(taken_off)
        self.discounted_orders += np.unique(lines.orders[purchases][taken_off < 0]).size

    def count_defects(self, copies: int) -> None:
        """Count what must become of some copies of the defect catalogue."""
        for *place, amount in defects.outcomes():
            table, outcome, reason = place
            self._count_outcome(
                (table, outcome, reason), copies, amount and amount * copies
            )
        for planted in defects.CATALOGUE:
            if planted.line_type and planted.amount is not None:
                self.lines[planted.line_type].add(
                    copies, planted.units * copies, planted.amount * copies
                )
                self.discounts += planted.discount * copies
        self.discounted_orders += copies * len(
            {planted.values[1] for planted in defects.CATALOGUE if planted.discount}
        )
        self.shipping += defects.SHIPPING * copies
        self.tax += defects.TAX * copies
        customers = defects.counting_orders().values()
        self.purchases += len(customers) * copies
        self.guest_purchases += sum(not name for name in customers) * copies
        self.buyers += len(set(filter(None, customers))) * copies


def clock_truth(config: GeneratorConfig) -> dict[str, Any]:
    """Return how the shop's clock differs from the calendar."""
    if not config.seasonal:
        return {"stretched": False}
    return {
        "stretched": True,
        "weekdays_per_mille": list(WEEKDAYS),
        "months_per_mille": list(MONTHS),
        "sales_week_per_mille": SALES_WEEK,
        "holidays_per_mille": {
            f"{month:02}-{day:02}": share for (month, day), share in HOLIDAYS.items()
        },
        "growth_a_year_per_mille": GROWTH_A_YEAR,
    }


def affinity_truth(products: ProductTable) -> list[dict[str, Any]]:
    """Return the planted pairs: the second product follows the first."""
    return [
        {
            "product_id": f"P{pair.first + 1:04}",
            "product_name": products.names[pair.first],
            "followed_by_product_id": f"P{pair.second + 1:04}",
            "followed_by_product_name": products.names[pair.second],
            "probability": pair.probability,
        }
        for pair in products.affinities
    ]


def mission_truth(
    config: GeneratorConfig, products: ProductTable
) -> list[dict[str, Any]]:
    """Return the missions, and the products that an order on one draws from."""
    if not config.affinities:
        return []
    return [
        {
            "mission": mission.name,
            "product_ids": [
                f"P{number + 1:04}"
                for number in range(config.products)
                if KINDS[number % len(KINDS)][1].name in mission.kinds
            ],
        }
        for mission in MISSIONS
    ]


def data_quality_truth(tally: Tally) -> list[dict[str, Any]]:
    """Return the rows that rpt_data_quality must hold, by table, outcome, reason."""
    counts = {place: count for place, count in tally.outcomes.items() if count}
    for table in RAW_TABLES:
        rejected = sum(
            count
            for (name, outcome, _), count in counts.items()
            if name == table.name and outcome == "rejected"
        )
        counts[table.name, "accepted", "valid"] = tally.rows[table.name] - rejected
    amounts = tally.amounts | {
        (ORDER_ITEMS.name, "accepted", "valid"): sum(
            (line.amount for line in tally.lines.values()), Decimal()
        )
    }
    return [
        {
            "raw_table": place[0],
            "outcome": place[1],
            "reason": place[2],
            "row_count": counts[place],
            "amount": str(amounts[place]) if place in amounts else None,
        }
        for place in sorted(counts)
    ]


def build_truth(
    config: GeneratorConfig, products: ProductTable, tally: Tally
) -> dict[str, Any]:
    """Return the contents of ``truth.json``; money is exact decimal text."""
    sold = tally.lines["sale"].amount
    returned = tally.lines["return"].amount + tally.lines["refund"].amount
    return {
        "configuration": config.planted(),
        "rows": tally.rows,
        "purchase_process": {
            "model": "BG/NBD",
            "time_unit": "week of the shop's clock",
            **asdict(config.purchases),
            "clock": clock_truth(config),
        },
        "spend_process": {
            "model": "Gamma-Gamma",
            "unit": "dollars an order",
            **asdict(config.spend),
        },
        "popularity": {
            "model": "Zipf-Mandelbrot",
            "exponent": 1,
            "shift": ZIPF_SHIFT,
        },
        "price_period_days": PRICE_PERIOD,
        "affinities": affinity_truth(products),
        "missions": mission_truth(config, products),
        "customers": {"registered": config.customers, "buyers": tally.buyers},
        "orders": {
            "counting": tally.purchases,
            "counting_of_guests": tally.guest_purchases,
            "cancelled": tally.cancelled_orders,
            "returns": tally.return_orders,
            "discounted": tally.discounted_orders,
        },
        "lines": {
            name: asdict(line) | {"amount": str(line.amount)}
            for name, line in tally.lines.items()
        },
        "totals": {
            "gross_sales": str(sold - tally.discounts),
            "discounts": str(tally.discounts),
            "returns": str(returned),
            "net_sales": str(sold + returned),
            "shipping": str(tally.shipping),
            "tax": str(tally.tax),
        },
        "data_quality": data_quality_truth(tally),
    }
