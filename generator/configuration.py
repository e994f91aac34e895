"""What can be asked of the generator, and the parameters each profile plants."""

from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


class ConfigurationError(ValueError):
    """A request that cannot be met; the message says what to change."""


class Profile(StrEnum):
    """Which shop is simulated."""

    DEFAULT = "default"
    STATIONARY = "stationary"
    MESSY = "messy"


class FileFormat(StrEnum):
    """How the raw tables are written."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True)
class PurchaseProcess:
    """BG/NBD parameters, time in weeks of the shop's clock.

    Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way", Marketing
    Science 24, 275-284: purchase rates are gamma(r, rate alpha) a week, and after
    each repeat purchase a customer leaves with a beta(a, b) probability.
    """

    r: float = 1.2
    alpha: float = 8.0
    a: float = 0.8
    b: float = 2.0


@dataclass(frozen=True)
class SpendProcess:
    """Gamma-Gamma parameters of an order's value in dollars.

    Fader and Hardie (2013), "The Gamma-Gamma model of monetary value": an order's
    value is gamma(p, rate nu) and nu is gamma(q, rate gamma) over customers, so the
    mean order is worth p * gamma / (q - 1).
    """

    p: float = 3.5
    q: float = 5.0
    gamma: float = 75.0


@dataclass(frozen=True)
class Shares:
    """Probabilities of what may happen to a customer, an order or a line."""

    never_buys: float = 0.12  # of registered customers
    guest_order: float = 0.25  # guest orders a registered customer
    favourite_mission: float = 0.5  # of orders: the customer's own mission
    on_mission: float = 0.5  # of lines: drawn from the order's mission
    discount_code: float = 0.15  # of orders: a code takes something off
    order_return: float = 0.07  # of purchases: followed by a return order
    kept_goods: float = 0.15  # of return orders: money back, and nothing is sent
    line_return: float = 0.3  # of lines beyond the first returned one
    cancelled: float = 0.05  # of purchases: accompanied by a cancelled order
    cancelled_only: float = 0.08  # of those who never buy: one cancelled order
    gift: float = 0.03  # of orders: a free line
    missing_address: float = 0.02  # of customers


@dataclass(frozen=True)
class GeneratorConfig:
    """One run of the generator. Equal configurations give equal bytes.

    Attributes:
        customers: Rows of registered customers; guests come on top.
        products: Rows in raw_products.
        start: First day of the simulated period.
        end: Last day of the simulated period.
        seed: Any integer; it chooses the world.
        profile: Which shop is simulated.
        affinities: False draws every line from overall popularity, so that no two
            products belong together (a negative control).
        chunk_orders: Orders held in memory at once; it never changes the output.
    """

    customers: int = 2000
    products: int = 150
    start: date = date(2023, 1, 1)
    end: date = date(2025, 12, 31)
    seed: int = 42
    profile: Profile = Profile.DEFAULT
    affinities: bool = True
    chunk_orders: int = 32_768
    purchases: PurchaseProcess = field(default_factory=PurchaseProcess)
    spend: SpendProcess = field(default_factory=SpendProcess)

    def __post_init__(self) -> None:
        if self.customers < 1 or self.products < 1:
            raise ConfigurationError("--customers and --products must be at least 1")
        if max(self.customers, self.products) > 100_000_000:
            raise ConfigurationError(
                "--customers and --products must be at most 100,000,000"
            )
        if self.start > self.end:
            raise ConfigurationError(
                f"--start {self.start} is after --end {self.end}; swap them"
            )
        if self.start.year < 1990 or self.end.year > 2099:
            raise ConfigurationError(
                "--start and --end must lie between 1990-01-01 and 2099-12-31"
            )
        if self.chunk_orders < 1:
            raise ConfigurationError("chunk_orders must be at least 1")

    @property
    def days(self) -> int:
        """Days in the simulated period, both ends included."""
        return (self.end - self.start).days + 1

    @property
    def seasonal(self) -> bool:
        """Whether week, year and growth stretch the shop's clock."""
        return self.profile is not Profile.STATIONARY

    @property
    def shares(self) -> Shares:
        """The profile's probabilities.

        The stationary profile has no returns and no discounts: money sent back on
        another day, or taken off an order, would blur the value of the purchases
        that the Gamma-Gamma model describes.
        """
        if self.profile is Profile.STATIONARY:
            return Shares(discount_code=0.0, order_return=0.0)
        return Shares()

    def planted(self) -> dict[str, Any]:
        """Return the configuration as plain values for ``truth.json``."""
        return {
            "customers": self.customers,
            "products": self.products,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "seed": self.seed,
            "profile": self.profile.value,
            "affinities": self.affinities,
            "shares": asdict(self.shares),
        }
