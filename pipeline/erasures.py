"""Who was erased: known again when a file brings them back, and by nothing else.

Each has one opaque id, which stands wherever the customer's own stood: a keyed hash of
it, so that the same customer is given the same one again, and surrogate keys stay. The
key lies beside the warehouse and in none of its versions, so that who reads a warehouse
cannot try ids.
"""

import hmac
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import PipelineError
from pipeline.installation import typed
from pipeline.raw_files.raw_file import RawFile
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import open_reader
from pipeline.warehouse.engine import ERASED, NOBODY, Engine
from pipeline.warehouse.errors import UnreadableError
from pipeline.warehouse.location import Location

_PREFIX = "erased-"
_CUSTOMERS, _ORDERS, _KEYS = "raw_customers", "raw_orders", "int_customer_keys"


@dataclass(frozen=True)
class ErasedCustomer:
    """A record of the ledger.

    Attributes:
        erased_id: What stands for the customer.
        asked_at: When it was asked for, UTC, ISO 8601.
        is_pending: Whether a version or an export may still hold the customer.
    """

    erased_id: str
    asked_at: str
    is_pending: bool


@dataclass
class Erasures:
    """The ledger of a warehouse: a key, and who was erased.

    Attributes:
        key: The secret key of the hashes.
        customers: By their erased ids.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    customers: dict[str, ErasedCustomer] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Engine) -> Self:
        """Read the ledger of a warehouse; an empty one where there is none.

        Raises:
            PipelineError: It cannot be read.
        """
        journal = engine.journal(ERASED)
        erasures = cls()
        try:
            for record in journal.all_records():
                if "key" in record:
                    erasures.key = bytes.fromhex(record["key"])
                else:
                    customer = ErasedCustomer(**record)
                    erasures.customers[customer.erased_id] = customer
        except (TypeError, ValueError):
            raise PipelineError(
                f"{journal.location} is no record of erased customers; put it back "
                "from a backup of it"
            ) from None
        return erasures

    def write(self, engine: Engine) -> None:
        """Put the ledger in the place of the one before, at once. Holding the lock.

        Raises:
            PipelineError: It is as it was.
        """
        records = [asdict(customer) for customer in self.customers.values()]
        journal = engine.journal(ERASED)
        try:
            journal.replace([{"key": self.key.hex()}, *records])
        except OSError as error:
            raise PipelineError(
                f"{journal.location} cannot be written ({error.strerror}); nothing was "
                "erased"
            ) from None

    @property
    def pending(self) -> list[ErasedCustomer]:
        """Those whose erasing is not finished."""
        return [customer for customer in self.customers.values() if customer.is_pending]

    def erased_id(self, customer_id: str) -> str:
        """What stands for a customer, by the customer's own id, cleaned."""
        digest = hmac.digest(self.key, customer_id.encode(), "sha256")
        return _PREFIX + digest.hex()[:24]

    def add(self, customer_ids: Iterable[str]) -> None:
        """Note customers who are to be erased, by their cleaned ids."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for customer_id in customer_ids:
            erased_id = self.erased_id(customer_id)
            asked = ErasedCustomer(erased_id, now, is_pending=True)
            known = self.customers.get(erased_id, asked)
            self.customers[erased_id] = replace(known, is_pending=True)

    def settle(self) -> None:
        """Note that nothing holds any of them any more."""
        for erased_id, customer in self.customers.items():
            self.customers[erased_id] = replace(customer, is_pending=False)

    def found_in(self, spelled: Iterable[str]) -> dict[str, str]:
        """The erased ids of those in the ledger, by ids as they are spelled."""
        found = {}
        for text in spelled:
            cleaned = clean_id(text)
            if cleaned is not None:
                erased_id = self.erased_id(cleaned)
                if erased_id in self.customers:
                    found[text] = erased_id
        return found

    def left_behind(self, engine: Engine) -> Mapping[str, str]:
        """Whom a build must not take over: erased ids by ids as they are published."""
        if not self.pending or not is_there(engine.published):
            return NOBODY
        return self.found_in(held_ids(engine.published))

    def keep_out(self, files: Iterable[RawFile], reporter: Reporter) -> None:
        """Let checked files bring nobody back who was erased."""
        if not self.customers:
            return
        for file in files:
            if file.table.name == _ORDERS:
                file.pass_through(self._renamed)
            if file.table.name == _CUSTOMERS:
                left_out = file.pass_through(self._without_rows, is_shortened=True)
                if left_out:
                    reporter.say(
                        f"{file.path.name}: left out {left_out:,} rows of customers "
                        "who were erased"
                    )

    def _hits(self, batch: pa.RecordBatch) -> dict[str, str]:
        ids = pc.unique(batch["customer_id"].drop_null())
        return self.found_in(ids.to_pylist())

    def _renamed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        hits = self._hits(batch)
        if not hits:
            return batch
        ids = batch["customer_id"]
        places = pc.index_in(ids, pa.array(hits, ids.type))
        renamed = pa.array(hits.values(), ids.type).take(places)
        position = batch.schema.get_field_index("customer_id")
        return batch.set_column(position, "customer_id", pc.coalesce(renamed, ids))

    def _without_rows(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        ids = batch["customer_id"]
        hits = pa.array(self._hits(batch), ids.type)
        return batch.filter(pc.invert(pc.is_in(ids, hits)))

    def require_ledger(self, engine: Engine) -> None:
        """Refuse to go on where customers were erased and the ledger is lost.

        The next files would bring them back, and nobody would notice.
        """
        if not is_there(engine.published):
            return
        with open_reader(engine.published) as reader:
            if "customer_id" not in reader.tables.get(_KEYS, {}):
                return
            rows = reader.fetch(
                f"select customer_id from {_KEYS} "  # noqa: S608
                f"where customer_id like '{_PREFIX}%'"
            )
        lost = {erased_id for (erased_id,) in rows} - self.customers.keys()
        if lost:
            raise PipelineError(
                f"{len(lost):,} customers of {engine.location} were erased, and "
                f"{engine.journal(ERASED).location} does not know them: loaded files "
                "would bring them back; put it where it belongs, or number all "
                "customers anew: build --full-refresh"
            )


def clean_id(text: str) -> str | None:
    """A customer's id as the models clean it; None where it names nobody."""
    cleaned = text.strip(" ")
    return cleaned if cleaned not in ("", "(unknown)") else None


def is_there(version: Location) -> bool:
    """Whether there is a version; whether it can be read is another question."""
    return not version.is_file or version.path.exists()


def held_ids(version: Location) -> Iterator[str]:
    """The ids of customers that a version holds, as they are spelled, some twice."""
    with open_reader(version) as reader:
        for table in (_CUSTOMERS, _ORDERS, _KEYS):
            if "customer_id" in reader.tables.get(table, {}):
                query = f"select distinct customer_id from {table}"  # noqa: S608
                for rows in reader.batches(f"{query} where customer_id is not null"):
                    yield from (str(text) for (text,) in rows)


def ids_of_all_versions(engine: Engine) -> Iterator[str]:
    """The same of the published version and of those that are kept."""
    for version in (engine.published, *engine.kept_versions()):
        if is_there(version):
            # What cannot be read is deleted as the others are.
            with suppress(UnreadableError):
                yield from held_ids(version)


def refuse_unfinished(engine: Engine) -> None:
    """Refuse to work on versions that still hold who is to be erased."""
    if Erasures.of(engine).pending:
        raise PipelineError(
            f"customers of {engine.location} are being erased, which is not finished; "
            f"finish it: {typed('erase')}"
        )
